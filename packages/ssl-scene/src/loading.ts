import type { DatasetSource } from '@ssl-scene/datasets';
import type { LoadingOptions } from '@ssl-scene/training';
import { resizedSource } from '@ssl-scene/views';
import type { Config } from './config/config.ts';
import type { RunData } from './data.ts';
import { nativeJpegLibrary } from './jpeg-decoder.ts';
import { type PackListener, packedFor } from './packed-file.ts';

/** The data of a run, ready to be read as its configuration says. */
export interface LoadedData {
  readonly data: RunData;
  /** For whatever reads them. */
  readonly loading: LoadingOptions;
}

export interface LoadDataOptions {
  /** Whether a packed file may be made; otherwise one that is there is used. Default false. */
  readonly mayPack?: boolean;
  /** Hears what is used. Default: nobody. */
  readonly listener?: PackListener;
}

/**
 * Decides how the data of a configuration are read: by which decoder, at which size, from a packed file or from the pictures
 * themselves. Call it after `useBackend`.
 *
 * @throws what packing throws where a file is named
 */
export async function loadData(config: Config, found: RunData, options: LoadDataOptions = {}): Promise<LoadedData> {
  const { mayPack = false, listener = SILENT } = options;
  const { jpeg, shortSide, imageTimeLimit } = config.loading;
  const nativeLibrary = nativeJpegLibrary(jpeg, listener.warn);
  const packed = await packedFor(config, found.train, { nativeLibrary, mayPack, listener });
  if (packed === undefined && holdsPictures(found.train)) listener.log(describeReading(nativeLibrary, mayPack, config));
  const isTrain = (source: DatasetSource): boolean => JSON.stringify(source) === JSON.stringify(found.train);
  const read = (source: DatasetSource): DatasetSource => {
    if (packed !== undefined && isTrain(source)) return packed;
    if (shortSide === undefined) return source;
    return resizedSource(source, { shortSide, ...(nativeLibrary !== undefined && { nativeLibrary }) });
  };
  return {
    data: { train: read(found.train), bank: read(found.bank), test: read(found.test) },
    loading: {
      imageTimeLimit: Math.round(1000 * imageTimeLimit),
      ...(nativeLibrary !== undefined && { nativeLibrary }),
    },
  };
}

function describeReading(nativeLibrary: string | undefined, mayPack: boolean, { loading }: Config): string {
  const who = nativeLibrary === undefined ? 'by sharp' : 'JPEG files by the native library';
  const hint = mayPack && loading.pack === 'off' ? ', in every epoch anew; --pack auto does so once' : '';
  return `pictures are decoded ${who}${hint}`;
}

/** Kinds of data sets whose images need no decoding. */
const DECODED: readonly DatasetSource['kind'][] = ['cifar10', 'cifar100', 'stl10', 'numpy', 'packed', 'plugin'];

function holdsPictures(source: DatasetSource): boolean {
  if (source.kind === 'concatenated') return source.sources.some(holdsPictures);
  return source.kind === 'subset' ? holdsPictures(source.of) : !DECODED.includes(source.kind);
}

const SILENT: PackListener = { log: () => {}, warn: () => {} };
