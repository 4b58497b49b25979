import { closest, SceneError } from '@ssl-scene/errors';
import { openCifar } from './cifar.ts';
import { openCoco } from './coco.ts';
import { concatenate, subset } from './combined.ts';
import type { DatasetSource, PluginSource } from './dataset-source.ts';
import type { ImageDataset } from './image-dataset.ts';
import { openImageFolder } from './image-folder.ts';
import { openImageList } from './image-list.ts';
import { openImagenet } from './imagenet.ts';
import { openInaturalist } from './inaturalist.ts';
import { openNumpy } from './numpy-dataset.ts';
import { openPacked } from './packed-dataset.ts';
import { openParquet } from './parquet-dataset.ts';
import { openPlaces365 } from './places365.ts';
import { openSaliencyFolders } from './saliency-folders.ts';
import { openStl10 } from './stl10.ts';
import { openTinyImagenet } from './tiny-imagenet.ts';
import { openVoc } from './voc.ts';
import { openWebdataset } from './webdataset.ts';

const KINDS = [
  'cifar10',
  'cifar100',
  'image-folder',
  'image-list',
  'imagenet',
  'places365',
  'inaturalist',
  'webdataset',
  'parquet',
  'numpy',
  'coco',
  'tiny-imagenet',
  'stl10',
  'voc',
  'saliency-folders',
  'packed',
  'concatenated',
  'subset',
  'plugin',
] as const satisfies readonly DatasetSource['kind'][];

/**
 * Opens the data set that a source describes, in this thread or any other. Two calls with equal sources give equal data sets.
 *
 * @throws SceneError `UNKNOWN_DATASET_KIND`, `BAD_PLUGIN`, or what the reader of that kind throws
 */
export async function openDataset(source: DatasetSource): Promise<ImageDataset> {
  switch (source.kind) {
    case 'cifar10':
    case 'cifar100':
      return openCifar(source);
    case 'image-folder':
      return openImageFolder(source);
    case 'image-list':
      return openImageList(source);
    case 'imagenet':
      return openImagenet(source);
    case 'places365':
      return openPlaces365(source);
    case 'inaturalist':
      return openInaturalist(source);
    case 'webdataset':
      return openWebdataset(source);
    case 'parquet':
      return await openParquet(source);
    case 'numpy':
      return await openNumpy(source);
    case 'coco':
      return openCoco(source);
    case 'tiny-imagenet':
      return openTinyImagenet(source);
    case 'stl10':
      return openStl10(source);
    case 'voc':
      return openVoc(source);
    case 'saliency-folders':
      return openSaliencyFolders(source);
    case 'packed':
      return openPacked(source);
    case 'concatenated':
      return concatenate(source, await Promise.all(source.sources.map(openDataset)));
    case 'subset':
      return subset(source, await openDataset(source.of));
    case 'plugin':
      return await openPlugin(source);
    default:
      throw unknownKind(source);
  }
}

async function openPlugin(source: PluginSource): Promise<ImageDataset> {
  const exportName = source.export ?? 'open';
  const module: Record<string, unknown> = await import(/* @vite-ignore */ source.module).catch((cause: unknown) => {
    throw badPlugin(source, `an error while loading it: ${cause instanceof Error ? cause.message : cause}`, cause);
  });
  const open = module[exportName];
  if (typeof open !== 'function') throw badPlugin(source, `no function "${exportName}" among its exports`);
  const dataset: ImageDataset | undefined = await open(source.options);
  if (typeof dataset?.pixels !== 'function' || !Number.isInteger(dataset.length)) {
    throw badPlugin(source, `a function "${exportName}" that returns something else than an ImageDataset`);
  }
  return dataset;
}

function badPlugin(source: PluginSource, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'BAD_PLUGIN',
    expected: `a module that exports "${source.export ?? 'open'}", a function that opens an ImageDataset`,
    found,
    where: source.module,
    fix: 'Give the URL of the module (`import.meta.url` in it) and the name of its export.',
    cause,
  });
}

function unknownKind(source: { readonly kind: string }): SceneError {
  const similar = closest(String(source.kind), KINDS);
  return new SceneError({
    code: 'UNKNOWN_DATASET_KIND',
    expected: KINDS.join(', '),
    found: JSON.stringify(source.kind),
    where: 'the data set source',
    fix: similar === undefined ? 'Choose one of these kinds.' : `Did you mean "${similar}"?`,
  });
}
