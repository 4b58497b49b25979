import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { afterAll, describe, expect, it } from 'vitest';
import { collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const folder = mkdtempSync(join(tmpdir(), 'views-crash-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base: ViewLoaderOptions = { source: numberedSource(), plan: TWO_VIEWS, batchSize: 5, seed: 7, workers: 2 };

describe('a worker that crashes', () => {
  it.each(['exit', 'throw'])('is replaced and its image done again (%s)', async (how) => {
    const undisturbed = await createViewLoader({ ...base, workers: 0 });
    const expected = await collect(undisturbed, [0, 1]);
    await undisturbed.close();
    const warnings: string[] = [];
    const marker = join(folder, how);
    const source = numberedSource({ crash: { index: 8, marker, how } });
    const loader = await createViewLoader({ ...base, source, onWarning: (warning) => warnings.push(warning) });
    expect(await collect(loader, [0, 1])).toEqual(expected);
    await loader.close();
    expect(existsSync(marker)).toBe(true);
    expect(loader.workerRestarts).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/crashed at image "picture-8\.png", which is done again/);
    expect(warnings[0]).toMatch(how === 'exit' ? /exit code 7/ : /a decoder lost its mind/);
  });

  it('twice at one image ends the epoch with an error that names it; the loader goes on', async () => {
    const source = numberedSource({ crash: { index: 8, how: 'exit' } });
    const loader = await createViewLoader({ ...base, source, onWarning: () => {} });
    await expect(collect(loader)).rejects.toThrow(
      /WORKER_CRASHED.*crashed twice.*exit code 7 \(image 8, "picture-8.png"\)/,
    );
    expect(loader.workerRestarts).toBe(2);
    await expect(collect(loader)).rejects.toThrow(/WORKER_CRASHED/);
    await loader.close();
  });

  it('not, but hangs, does not keep the loader from closing', async () => {
    const loader = await createViewLoader({ ...base, workers: 1, source: numberedSource({ hang: 8 }) });
    const outcome = expect(collect(loader)).rejects.toThrow(/LOADER_CLOSED/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await loader.close();
    await outcome;
  });

  it('at its start fails the making of the loader, with the reason', async () => {
    const source = { kind: 'plugin', module: 'file:///nowhere.mjs' } as const;
    await expect(createViewLoader({ ...base, source })).rejects.toThrow(/BAD_PLUGIN/);
  });
});
