import { parentPort } from 'node:worker_threads';
import { isSceneError } from '@ssl-scene/errors';
import { imageFeatures } from './parquet-features.ts';
import { ParquetFile } from './parquet-file.ts';
import type { ParquetAnswers, ParquetReply, ParquetRequest } from './parquet-message.ts';

// Entry of the thread that reads Parquet files: their library can work without end at damaged ones, and is ended from outside.

/** Few files are read by turns; more would hold their page each. */
const MOST_OPEN = 64;

const files = new Map<string, ParquetFile>();

async function opened(path: string): Promise<ParquetFile> {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = await ParquetFile.open(path);
  if (files.size >= MOST_OPEN) {
    const [oldest, old] = files.entries().next().value!;
    old.close();
    files.delete(oldest);
  }
  files.set(path, file);
  return file;
}

async function answer(request: ParquetRequest): Promise<ParquetAnswers[keyof ParquetAnswers]> {
  const file = await opened(request.path);
  switch (request.kind) {
    case 'facts': {
      const { rows, columns, groups, metadata } = file;
      return { rows, columns, groups, features: imageFeatures(metadata) };
    }
    case 'labels':
      return (await file.group(request.column, request.group)).map(withoutPage);
    case 'picture':
      return pictureIn(await file.value(request.column, request.row));
  }
}

/** Bytes, or a struct whose field `bytes` holds them. */
function pictureIn(value: unknown): Uint8Array | undefined {
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes;
  return bytes instanceof Uint8Array ? bytes.slice() : undefined;
}

/** Bytes are a part of their page, all of which would be sent. */
function withoutPage(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : value;
}

async function reply(request: ParquetRequest): Promise<ParquetReply> {
  try {
    return { value: await answer(request) };
  } catch (error) {
    if (!isSceneError(error))
      return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { code, expected, found, where, fix } = error;
    return { fault: { code, expected, found, where, fix } };
  }
}

parentPort!.on('message', async (request: ParquetRequest) => parentPort!.postMessage(await reply(request)));
parentPort!.postMessage({ ready: true } satisfies ParquetReply);
