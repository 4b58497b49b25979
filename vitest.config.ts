import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { projects: ['packages/*', 'tools/repo-check'], maxWorkers: 2 } });
