import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const loaderFlags = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--conditions=@ssl-scene/source', '--import', tsx];

/** Runs a program in a process of its own that has a loader of `workers` workers, until it ends by itself. */
async function runProgram(workers: number, body: string): Promise<{ code: number | null; output: string }> {
  const program = `
    import { createViewLoader } from '@ssl-scene/views';
    const loader = await createViewLoader(${JSON.stringify({
      source: numberedSource({ length: 40, late: true }),
      plan: TWO_VIEWS,
      batchSize: 4,
      seed: 1,
      workers,
    })});
    ${body}`;
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const flags = [...loaderFlags, '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, flags, { cwd: folder, timeout: 30_000 });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, output };
}

describe.each([0, 2])('a process with %i workers', (workers) => {
  it('stays alive while it waits for batches, and ends after close()', async () => {
    const body = `
      let steps = 0;
      for await (const batch of loader.epoch(0)) { steps++; batch.release(); }
      await loader.close();
      console.log('steps', steps);`;
    expect(await runProgram(workers, body)).toEqual({ code: 0, output: 'steps 10\n' });
  });

  it('ends even where close() was forgotten, in the middle of an epoch', async () => {
    const body = `await loader.epoch(0).next(); console.log('done');`;
    expect(await runProgram(workers, body)).toEqual({ code: 0, output: 'done\n' });
  });
});
