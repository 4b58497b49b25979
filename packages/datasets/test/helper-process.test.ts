import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, onTestFailed } from 'vitest';
import { HelperProcess } from '../src/helper-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PROGRAM = `
  process.send({ ready: true });
  process.on('message', async ({ request: { wish } }) => {
    if (wish === 'hang') while (true);
    if (wish === 'linger') await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (wish === 'memory') for (const list = []; ; ) list.push(list.length + 0.5);
    process.send({ value: wish + ' ' + process.pid });
  });`;

const startFailure = (found: string) => new Error(found);

describe('a helper process', () => {
  const helper = (source = PROGRAM, heapLimit = 1024) => {
    const program = pathToFileURL(join(temporaryFolder({ 'child.mjs': source }), 'child.mjs'));
    const made = new HelperProcess<{ wish: string }, string>({ program, heapLimit, showsErrors: false, startFailure });
    open.push(made);
    return made;
  };
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it('that takes all its memory dies alone, and another goes on', async () => {
    const one = helper(PROGRAM, 64);
    const before = await one.ask({ wish: 'a' }, 20_000);
    expect(await one.ask({ wish: 'memory' }, 60_000)).toEqual({ death: expect.stringMatching(/^(signal|exit code) /) });
    const after = await one.ask({ wish: 'a' }, 20_000);
    expect(after).toMatchObject({ value: expect.stringMatching(/^a \d+$/) });
    expect(after).not.toEqual(before);
  });

  it('that hangs is killed in time, also where others wait', async () => {
    const one = helper();
    const outcomes = await Promise.all([
      one.ask({ wish: 'hang' }, 200),
      one.ask({ wish: 'b' }, 20_000),
      one.ask({ wish: 'c' }, 20_000),
    ]);
    expect(outcomes).toMatchObject([{ overdue: true }, { value: /^b/ }, { value: /^c/ }].map(withPattern));
  });

  it('that is closed answers nothing of what was asked before, and starts again for what is asked later', async () => {
    const one = helper();
    await one.ask({ wish: 'a' }, 20_000);
    const asked = [one.ask({ wish: 'linger' }, 20_000), one.ask({ wish: 'b' }, 20_000)];
    await new Promise((resolve) => setTimeout(resolve, 50));
    one.close();
    expect(await Promise.all(asked)).toEqual([{ closed: true }, { closed: true }]);
    expect(await one.ask({ wish: 'c' }, 20_000)).toMatchObject(withPattern({ value: /^c/ }));
  });

  it('that does not start says why', async () => {
    await expect(helper('process.exit(3)').ask({ wish: 'a' }, 1000)).rejects.toThrowError(/exit code 3/);
    const unable = helper(`process.send({ failure: 'no such module' });`);
    await expect(unable.ask({ wish: 'a' }, 1000)).rejects.toThrowError('no such module');
  });
});

it('a program that is busy without end is ended soon after its limit, also where its parent was killed', async () => {
  const here = new URL('.', import.meta.url);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const source = ['--import', loader, '--conditions=@ssl-scene/source'];
  const busy = `
    import { serveRequests } from '${new URL('../src/helper-program.ts', here).href}';
    serveRequests({
      answer: async () => { process.send({ pid: process.pid }); while (true); },
    });`;
  const parent = `
    import { fork } from 'node:child_process';
    const child = fork('busy.mjs', { execArgv: process.execArgv });
    child.on('message', ({ ready, pid }) => (ready ? child.send({ request: {}, limit: 500 }) : process.send(pid)));`;
  const folder = temporaryFolder({ 'busy.mjs': busy, 'parent.mjs': parent });
  const program = fork(join(folder, 'parent.mjs'), {
    cwd: folder,
    execArgv: source,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [pid] = (await once(program, 'message')) as [number];
  onTestFailed(() => void process.kill(pid, 'SIGKILL'));
  expect(pid).not.toBe(program.pid);
  program.kill('SIGKILL');
  // The output is that of both, and ends with the last of them.
  await once(program.stdout!.resume(), 'close');
});

function withPattern({ value, ...rest }: { value?: RegExp; overdue?: boolean }): object {
  return value === undefined ? rest : { ...rest, value: expect.stringMatching(value) };
}
