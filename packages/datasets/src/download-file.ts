import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { PublicFile } from './public-datasets.ts';

export interface DownloadOptions {
  /** How often a transfer that breaks off is continued, over all addresses. Default 5. */
  readonly attempts?: number;
  /** Milliseconds without a byte after which a transfer is given up and continued anew. Default 60,000. */
  readonly stallLimit?: number;
  /** Milliseconds before the first continuation; each further one waits twice as long. Default 1,000. */
  readonly pause?: number;
  readonly onBytes?: (present: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a file, or finds it fetched already; its size and digest are right when the promise resolves. A transfer that breaks
 * off is continued where it stopped, in this call or a later one, from a file `.part` beside the target.
 *
 * @throws SceneError `DOWNLOAD_FAILED`, `WRONG_DIGEST`
 */
export async function downloadFile(file: PublicFile, target: string, options: DownloadOptions = {}): Promise<void> {
  if ((await sizeOf(target)) === file.bytes && (await digestOf(target, file)) === file.digest.value) return;
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  await transfer(file, part, options);
  const found = await digestOf(part, file);
  if (found !== file.digest.value) {
    // Continuing a file of other content would never mend it.
    await rm(part);
    throw wrongDigest(file, found, target);
  }
  await rename(part, target);
}

async function transfer(file: PublicFile, part: string, options: DownloadOptions): Promise<void> {
  const { attempts = 5, pause = 1000, signal } = options;
  const failures: string[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const url of file.urls) {
      try {
        await continueTransfer(file, url, part, options);
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (isSceneError(error)) throw error;
        failures.push(`${url}: ${describe(error)}`);
      }
    }
    if (attempt + 1 < attempts) await sleep(pause * 2 ** attempt, undefined, signal === undefined ? {} : { signal });
  }
  throw downloadFailed(file, failures, part);
}

async function continueTransfer(file: PublicFile, url: string, part: string, options: DownloadOptions): Promise<void> {
  const { stallLimit = 60_000, signal, onBytes } = options;
  const present = await usableBytes(file, part);
  if (present === file.bytes) return;
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new Error(`no byte for ${stallLimit} ms`)), stallLimit);
  const either = AbortSignal.any(signal === undefined ? [stall.signal] : [stall.signal, signal]);
  try {
    const headers = present > 0 ? { range: `bytes=${present}-` } : {};
    const response = await fetch(url, { headers, signal: either });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    const start = startOf(response, present);
    let completed = start;
    const watch = new Transform({
      transform(chunk: Uint8Array, _encoding, done): void {
        completed += chunk.length;
        timer.refresh();
        onBytes?.(Math.min(completed, file.bytes), file.bytes);
        done(completed > file.bytes ? tooLong(file, url) : null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
    await pipeline(body, watch, createWriteStream(part, { flags: start > 0 ? 'a' : 'w' }), { signal: either });
    if (completed !== file.bytes) throw new Error(`it broke off after ${completed} of ${file.bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

/** Where the answer's bytes belong: a server that cannot continue sends the whole file. */
function startOf(response: Response, present: number): number {
  if (response.status !== 206) return 0;
  const start = Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);
  if (start === present) return start;
  throw new Error(`an answer that starts at byte ${start} instead of ${present}`);
}

/** A part that is longer than the file belongs to another. */
async function usableBytes(file: PublicFile, part: string): Promise<number> {
  const present = await sizeOf(part);
  if (present <= file.bytes) return present;
  await rm(part);
  return 0;
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
}

async function digestOf(path: string, { digest }: PublicFile): Promise<string> {
  const hash = createHash(digest.algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function tooLong(file: PublicFile, url: string): SceneError {
  return new SceneError({
    code: 'WRONG_DIGEST',
    expected: `${file.bytes} bytes`,
    found: 'a longer file',
    where: url,
    fix: 'The file at this address is another one: report it, or give an address of your own.',
  });
}

function wrongDigest(file: PublicFile, found: string, where: string): SceneError {
  const { algorithm, value } = file.digest;
  return new SceneError({
    code: 'WRONG_DIGEST',
    expected: `${algorithm === 'md5' ? 'MD5' : 'SHA-256'} ${value}`,
    found,
    where,
    fix: 'The file was removed. Fetch it again; if that does not help, it is no longer the published one.',
  });
}

function downloadFailed(file: PublicFile, failures: readonly string[], part: string): SceneError {
  return new SceneError({
    code: 'DOWNLOAD_FAILED',
    expected: `${file.fileName} (${file.bytes} bytes)`,
    found: failures.at(-1) ?? 'no address',
    where: file.urls.join(', '),
    fix: `Check the connection and try again: what has arrived is kept in ${part}. Or fetch the file by other means and put it there without ".part".`,
  });
}
