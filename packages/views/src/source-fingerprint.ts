import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DatasetSource, ImageDataset } from '@ssl-scene/datasets';

/**
 * Sizes and times of the files that an image collection's pixels come from, as one short text: another text means that files
 * were changed, and a packed file made of them is out of date. Undefined for collections that are not files of pictures. A
 * file that is not there counts as such.
 */
export function sourceFingerprint(dataset: ImageDataset): string | undefined {
  const files = picturePaths(dataset);
  if (files === undefined) return undefined;
  const hash = createHash('sha256');
  for (const file of files) hash.update(stampOf(file));
  return hash.digest('hex').slice(0, 32);
}

function picturePaths(dataset: ImageDataset): Iterable<string> | undefined {
  const { source, length, file } = dataset;
  const shards = shardsOf(source);
  if (shards !== undefined || file === undefined) return shards;
  return (function* () {
    for (let index = 0; index < length; index++) yield file(index);
    yield* annotationsOf(source);
  })();
}

/** The files of a collection that holds its pictures in few large ones. */
function shardsOf(source: DatasetSource): readonly string[] | undefined {
  switch (source.kind) {
    case 'webdataset':
      return source.shards;
    case 'parquet':
      return source.files;
    case 'concatenated': {
      const parts = source.sources.map(shardsOf);
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    case 'subset':
      return shardsOf(source.of);
    default:
      return undefined;
  }
}

/** Files that tell boxes and labels of all images. */
function annotationsOf(source: DatasetSource): readonly string[] {
  if (source.kind === 'concatenated') return source.sources.flatMap(annotationsOf);
  if (source.kind === 'subset') return annotationsOf(source.of);
  if (source.kind === 'image-list') return source.lists;
  return source.kind === 'coco' || source.kind === 'inaturalist' ? [source.annotations] : [];
}

function stampOf(file: string): string {
  const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 };
  return `${size} ${Math.floor(mtimeMs / 1000)}\n`;
}
