import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { RESTART_FILE } from './library-layout.ts';
import { type FindOptions, findNative } from './load.ts';

/** Whether programs get large pages: `always`, `never`, or `madvise`, where they ask for them. The one in brackets holds. */
const LARGE_PAGES_FILE = '/sys/kernel/mm/transparent_hugepage/enabled';

/** glibc's own settings, read when a process starts, and the one by which it asks for large pages. */
const TUNABLES = 'GLIBC_TUNABLES';
const ASK = 'glibc.malloc.hugetlb';

interface RestartModule {
  restart(file: string, arguments_: readonly string[], environment: readonly string[]): string;
}

/**
 * Starts this program again, in the same process, so that TensorFlow's memory comes in large pages: training steps are up to
 * a sixth faster for it, and only a process that is told at its start can ask for them. What was computed so far is lost, so
 * call it first. Process number, arguments, environment and standard streams stay.
 *
 * Returns where there is nothing to gain (not Linux; large pages are off, or there without asking; `GLIBC_TUNABLES` says
 * already whether to ask, `glibc.malloc.hugetlb=0` declines) or it cannot be done (no native library made by this package; a
 * channel to a parent process, which would be lost).
 *
 * @returns why it did not.
 */
export function restartWithLargePages(options: FindOptions = {}): string {
  if (process.platform !== 'linux') return 'only Linux lets programs ask for large pages';
  if (!isMainThread) return 'only the main thread can start the program again';
  if (process.send) return 'the channel to the parent process would be lost';
  const tunables = process.env[TUNABLES] ?? '';
  if (tunables.includes(ASK)) return `${TUNABLES} decides: ${tunables}`;
  const setting = largePagesSetting();
  if (setting !== 'madvise') return `the system's setting for large pages is ${setting ?? 'unknown'}`;
  const found = findNative(options);
  if ('reason' in found) return found.reason;
  if (found.installation?.manifest.files[RESTART_FILE] === undefined)
    return 'the native library was made by something else';
  const loaded: { exports: Partial<RestartModule> } = { exports: {} };
  try {
    process.dlopen(loaded, join(found.installation.directory, RESTART_FILE));
  } catch (error) {
    return (error as Error).message;
  }
  const environment = { ...process.env, [TUNABLES]: [...tunables.split(':'), `${ASK}=1`].filter(Boolean).join(':') };
  return (loaded.exports as RestartModule).restart(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  );
}

function largePagesSetting(): string | undefined {
  try {
    return /\[(\w+)\]/.exec(readFileSync(LARGE_PAGES_FILE, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
