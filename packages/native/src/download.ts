import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SceneError } from '@ssl-scene/errors';
import { sha256Of } from './manifest.ts';
import { megabytes, type OnProgress } from './progress.ts';
import { downloadWithPip, type Pip, wheelAddress } from './python.ts';
import type { Wheel } from './wheels.ts';

/** What to fetch and where to. */
export interface Download {
  readonly wheel: Wheel;
  /** Folder of downloads; a partial file in it is continued. */
  readonly directory: string;
  readonly pip: Pip;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a wheel, or finds it fetched already, and returns its path; its contents have the pinned SHA-256.
 *
 * pip resolves the address (so its mirrors and settings count), and the file is fetched in a way that can be continued;
 * where that is not possible (an old pip, a proxy, an index that asks for a password), pip fetches the file itself.
 *
 * @throws SceneError `NATIVE_DOWNLOAD` or `NATIVE_HASH`.
 */
export async function fetchWheel(download: Download): Promise<string> {
  const { wheel, directory } = download;
  const path = join(directory, wheel.fileName);
  await mkdir(directory, { recursive: true });
  if ((await sizeOf(path)) > 0) {
    if ((await sha256Of(path)) === wheel.sha256) return path;
    await rm(path);
  }
  report(download, 0);

  const temporary = await mkdtemp(join(directory, 'pip-'));
  try {
    if (await fetchFromAddress(download, path, temporary)) return path;
    await fetchWithPip(download, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await requireHash(path, wheel);
  return path;
}

async function fetchFromAddress(download: Download, path: string, temporary: string): Promise<boolean> {
  const { wheel, pip, signal } = download;
  const address = await wheelAddress({ pip, wheel, temporary, signal });
  if (address === undefined) return false;
  const partial = `${path}.part`;
  try {
    await continueDownload(address, partial, download);
  } catch {
    signal?.throwIfAborted();
    return false;
  }
  if ((await sha256Of(partial)) !== wheel.sha256) {
    await rm(partial);
    return false;
  }
  await rename(partial, path);
  return true;
}

async function continueDownload(url: string, partial: string, download: Download): Promise<void> {
  const { signal } = download;
  const present = await sizeOf(partial);
  const response = await fetch(url, {
    headers: present > 0 ? { range: `bytes=${present}-` } : {},
    ...(signal === undefined ? {} : { signal }),
  });
  // 416: the partial file is already whole (or longer, which its hash will show).
  if (response.status === 416) return;
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  const isContinued = response.status === 206;
  let completed = isContinued ? present : 0;
  const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  body.on('data', (chunk: Uint8Array) => {
    completed += chunk.length;
    report(download, completed);
  });
  await pipeline(body, createWriteStream(partial, { flags: isContinued ? 'a' : 'w' }), { signal });
}

async function fetchWithPip(download: Download, temporary: string): Promise<void> {
  const { wheel, pip, directory, signal } = download;
  const watch = watchSize(temporary, (bytes) => report(download, bytes));
  try {
    await downloadWithPip({ pip, wheel, temporary, signal }, directory);
  } finally {
    clearInterval(watch);
  }
}

function watchSize(directory: string, onSize: (bytes: number) => void): NodeJS.Timeout {
  return setInterval(() => {
    folderSize(directory).then(onSize, () => {});
  }, 500);
}

async function folderSize(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(files.map((file) => sizeOf(join(directory, file))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (stats) => (stats.isFile() ? stats.size : 0),
    () => 0,
  );
}

function report({ wheel, onProgress }: Download, completed: number): void {
  const total = wheel.size === undefined ? {} : { total: wheel.size, completed: Math.min(completed, wheel.size) };
  onProgress?.({ stage: 'download', message: `downloading ${wheel.distribution} ${wheel.version}`, ...total });
}

/** Throws `NATIVE_HASH` where a file is not the wheel that its name says. */
export async function requireHash(path: string, wheel: Wheel): Promise<void> {
  const found = await sha256Of(path);
  if (found !== wheel.sha256) throw hashError(wheel, found, path);
}

function hashError(wheel: Wheel, found: string, where: string = wheel.fileName): SceneError {
  return new SceneError({
    code: 'NATIVE_HASH',
    expected: `SHA-256 ${wheel.sha256}${wheel.size === undefined ? '' : ` (${megabytes(wheel.size)})`}`,
    found,
    where,
    fix: 'The file is damaged or not the published one: remove it and fetch it again.',
  });
}
