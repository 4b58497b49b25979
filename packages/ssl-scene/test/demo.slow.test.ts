import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-demo-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('ssl-scene demo', () => {
  it('goes through with its small settings, and leaves a page', { timeout: 600_000 }, () => {
    const { code, output } = sslScene(folder, 'demo', '--quick', '--out', 'demo', '--quiet', '--json');
    expect(code).toBe(0);
    const { accuracies, page } = JSON.parse(output) as {
      accuracies: { network: string; knn: number; linear: number }[];
      page: string;
    };
    expect(accuracies).toHaveLength(3);
    for (const { knn, linear } of accuracies) expect(Math.min(knn, linear)).toBeGreaterThan(5);
    expect(readFileSync(page, 'utf8')).toMatch(/<svg|<img/);
  });
});
