// The program of the child process that reads Parquet files.
import { serveRequests } from './helper-program.ts';
import { imageFeatures } from './parquet-features.ts';
import { loadParquetLibrary, ParquetFile } from './parquet-file.ts';
import type { ParquetAnswers, ParquetRequest } from './parquet-message.ts';

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

serveRequests({ answer, prepare: loadParquetLibrary });
