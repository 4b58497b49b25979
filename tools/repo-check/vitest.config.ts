import { preset } from '@ssl-scene/vitest-config';

export default preset({ include: ['test/**/*.test.mjs'] });
