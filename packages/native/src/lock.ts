import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to wait for a lock. */
export interface LockOptions {
  /** Called once, when another process holds the lock. */
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a sign of life after which the holder counts as dead. Default 60,000. */
  readonly staleAfter?: number;
  /** Milliseconds between two looks at a held lock. Default 500. */
  readonly interval?: number;
}

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * Runs `work` while holding a lock file, so that one process at a time does it. A lock whose holder has died (no such
 * process on this machine, or no sign of life for `staleAfter`) is taken over.
 */
export async function withLock<Result>(
  path: string,
  work: () => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const { staleAfter = 60_000, interval = 500, signal } = options;
  const holder: Holder = { token: randomUUID(), pid: process.pid, host: hostname() };
  await mkdir(dirname(path), { recursive: true });
  let hasReported = false;
  while (!(await tryAcquire(path, holder))) {
    const other = await readHolder(path);
    if (await isStale(path, other, staleAfter)) {
      await breakLock(path, other);
      continue;
    }
    if (!hasReported) options.onWait?.(other === undefined ? 'another process' : `process ${other.pid}`);
    hasReported = true;
    await sleep(interval, undefined, signal === undefined ? {} : { signal });
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), staleAfter / 4);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readHolder(path))?.token === holder.token) await rm(path, { force: true });
  }
}

async function tryAcquire(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

// The file's time counts as well: a process number may be in use again, and a crash may leave an empty file.
async function isStale(path: string, holder: Holder | undefined, staleAfter: number): Promise<boolean> {
  if (holder?.host === hostname() && !isAlive(holder.pid)) return true;
  const modified = await stat(path).then(
    (stats) => stats.mtimeMs,
    () => Date.now(),
  );
  return Date.now() - modified > staleAfter;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Two processes may find the same stale lock. Each moves what is there aside; one that moved a fresh lock by mistake
// sees it by the token and puts it back.
async function breakLock(path: string, stale: Holder | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved?.token === stale?.token) await rm(aside, { force: true });
  else await rename(aside, path);
}
