import { webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';

/** What a manifest says about one file. */
export interface FileSeal {
  readonly bytes: number;
  readonly sha256: string;
}

/** Length and SHA-256 of a file's content; computed in another thread, for the training loop goes on meanwhile. */
export async function seal(content: Uint8Array): Promise<FileSeal> {
  const digest = await webcrypto.subtle.digest('SHA-256', content as Uint8Array<ArrayBuffer>);
  return { bytes: content.byteLength, sha256: Buffer.from(digest).toString('hex') };
}

/**
 * Writes a folder that is there whole or not at all, whatever happens in between: its files go to a temporary name,
 * are flushed to disk, and the name changes at the end. A folder of that name is replaced.
 */
export async function writeFolder(path: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const temporary = `${path}.part`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    // All at once: between two steps of a training loop there is one chance for each of these to go on.
    await Promise.all(Object.entries(files).map(([name, content]) => writeFlushed(join(temporary, name), content)));
    await flush(temporary);
    await replace(path, temporary);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw new SceneError({
      code: 'CHECKPOINT_NOT_WRITTEN',
      expected: 'room and permission to write',
      found: (error as Error).message,
      where: path,
      fix: 'Free some space or choose another folder; earlier checkpoints are untouched.',
      cause: error,
    });
  }
}

/** Never leaves a moment in which neither the old nor the new content is on disk. */
async function replace(path: string, temporary: string): Promise<void> {
  const previous = `${path}.old`;
  await rm(previous, { recursive: true, force: true });
  if (existsSync(path)) await rename(path, previous);
  await rename(temporary, path);
  await flush(dirname(path));
  await rm(previous, { recursive: true, force: true });
}

async function writeFlushed(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let written = 0; written < content.length; ) {
      written += (await file.write(content, written)).bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder's entries durable; a system that cannot open folders needs no such thing. */
async function flush(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file's content, or an error that says what is wrong with it. */
export async function readSealed(path: string, expected: FileSeal): Promise<Uint8Array> {
  const content = await readFile(path).catch((error: Error) => {
    throw damaged(path, `${expected.bytes} bytes`, error.message);
  });
  const found = await seal(content);
  if (found.bytes !== expected.bytes) throw damaged(path, `${expected.bytes} bytes`, `${found.bytes}`);
  if (found.sha256 !== expected.sha256) throw damaged(path, `SHA-256 ${expected.sha256}`, found.sha256);
  return content;
}

function damaged(path: string, expected: string, found: string): SceneError {
  return new SceneError({
    code: 'CHECKPOINT_DAMAGED',
    expected,
    found,
    where: path,
    fix: 'Take an earlier checkpoint.',
  });
}
