import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const isDist = process.env.SSL_SCENE_TEST === 'dist';
const cli = fileURLToPath(new URL(isDist ? '../dist/cli.js' : '../src/cli.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** What Node is given to run the command line. */
export const COMMAND = isDist ? [cli] : ['--conditions=@ssl-scene/source', '--import', tsx, cli];

/** The command line as a user runs it: a process, its exit code and its two streams. */
export function sslScene(folder: string, ...args: string[]): { code: number | null; output: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...COMMAND, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { code: status, output: stdout, errors: stderr };
}

/** The same, without waiting for its end: it can be sent signals. */
export function startSslScene(folder: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [...COMMAND, ...args], { cwd: folder, stdio: 'ignore' });
}
