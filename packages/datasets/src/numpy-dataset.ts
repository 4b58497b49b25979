import { basename, resolve } from 'node:path';
import { closest, SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { type ByteSource, fileBytes } from './byte-source.ts';
import { checkIndex } from './check-index.ts';
import { compositeOver, greyToRgb } from './colour-conversion.ts';
import { statData } from './data-path.ts';
import type { NumpySource } from './dataset-source.ts';
import type { ImageDataset, ImageSize } from './image-dataset.ts';
import { openNumpyArchive } from './numpy-archive.ts';
import { badNumpy, type NumpyArray, type NumpyValues, readNumpyArray } from './numpy-array.ts';

/** How the elements of an item become pixels. */
interface PixelLayout {
  readonly size: ImageSize;
  readonly channels: 1 | 3 | 4;
  readonly channelsFirst: boolean;
}

/**
 * Opens images that lie in a NumPy array: grey (N, H, W), or with 1, 3 (RGB) or 4 (RGBA, over white) channels, last or second.
 * Elements of one byte are taken as they are, of 16-bit ones the high byte, others need a `range`. `pixels` answers at once. Ids
 * are the file's name, `#` and the number from 0.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_NUMPY_FILE`, `BROKEN_ARCHIVE`, `BAD_OPTION`
 */
export async function openNumpy(source: NumpySource): Promise<ImageDataset> {
  const file = resolve(source.images);
  const images = await openArray(file, source.imagesKey, ({ shape }) => shape.length === 3 || shape.length === 4);
  try {
    const labelFile = labelFileOf(source, file);
    const labels = labelFile === undefined ? undefined : await readLabels(labelFile, source, images.shape[0]!);
    const layout = pixelLayout(images, source, file);
    const toByte = byteConversion(images.type, source.range, file);
    return datasetOf(images, labels, layout, toByte, {
      ...source,
      images: file,
      ...(labelFile === undefined ? {} : { labels: labelFile }),
    });
  } catch (error) {
    images.close();
    throw error;
  }
}

function datasetOf(
  images: NumpyArray,
  labels: Int32Array | undefined,
  layout: PixelLayout,
  toByte: (values: NumpyValues) => Uint8Array,
  source: NumpySource,
): ImageDataset {
  const name = basename(source.images);
  const length = images.shape[0]!;
  return {
    name,
    length,
    source,
    ...(source.classNames === undefined ? {} : { classNames: source.classNames }),
    id(index): string {
      checkIndex(index, length, name);
      return `${name}#${index}`;
    },
    label(index): number {
      checkIndex(index, length, name);
      return labels?.[index] ?? -1;
    },
    size(index): ImageSize {
      checkIndex(index, length, name);
      return layout.size;
    },
    pixels(index): Raster {
      checkIndex(index, length, name);
      return { ...layout.size, data: toRgb(toByte(images.item(index)), layout) };
    },
    close: () => images.close(),
  };
}

async function openArray(
  file: string,
  key: string | undefined,
  isWanted: (array: NumpyArray) => boolean,
): Promise<NumpyArray> {
  statData(file);
  if (!file.endsWith('.npz')) return openOne(fileBytes(file), file);
  const names: string[] = [];
  const sources = await openNumpyArchive(file, (name) => {
    names.push(name);
    return key === undefined || name === key;
  });
  const arrays = [...sources].map(([name, bytes]) => openOne(bytes, `${file}, array "${name}"`));
  const candidates = key === undefined ? arrays.filter(isWanted) : arrays;
  const chosen = candidates.length === 1 ? candidates[0] : undefined;
  for (const array of arrays) if (array !== chosen) array.close();
  if (chosen === undefined) throw chooseArray(file, key, names);
  return chosen;
}

function openOne(bytes: ByteSource, where: string): NumpyArray {
  try {
    return readNumpyArray(bytes, where);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function labelFileOf({ labels, labelsKey }: NumpySource, images: string): string | undefined {
  if (labels !== undefined) return resolve(labels);
  return labelsKey === undefined ? undefined : images;
}

async function readLabels(file: string, { labelsKey, classNames }: NumpySource, images: number): Promise<Int32Array> {
  const array = await openArray(file, labelsKey, () => true);
  try {
    const isColumn = array.shape.length === 1 || (array.shape.length === 2 && array.shape[1] === 1);
    if (!isColumn || array.shape[0] !== images || array.type.startsWith('f')) {
      throw badNumpy(file, `${images} labels, whole numbers`, `${array.type} of shape (${array.shape.join(', ')})`);
    }
    const limit = classNames?.length ?? 2 ** 31;
    return Int32Array.from(array.values(), (label, i) => {
      if (label >= -1 && label < limit) return label;
      throw badNumpy(`${file}, label ${i}`, `a number from -1 to ${limit - 1}`, String(label));
    });
  } finally {
    array.close();
  }
}

function pixelLayout({ shape }: NumpyArray, { channels }: NumpySource, file: string): PixelLayout {
  const [, second = 0, third = 0, fourth] = shape;
  const isChannels = (size: number | undefined): boolean => size === 1 || size === 3 || size === 4;
  const channelsFirst = fourth !== undefined && (channels === undefined ? !isChannels(fourth) : channels === 'first');
  const count = shape.length === 3 ? 1 : channelsFirst ? second : fourth;
  const size = channelsFirst ? { width: fourth, height: third } : { width: third, height: second };
  if (
    (shape.length !== 3 && shape.length !== 4) ||
    !isChannels(count) ||
    size.width === 0 ||
    size.height === 0 ||
    shape[0] === 0
  ) {
    throw badNumpy(
      file,
      'the shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels',
      `(${shape.join(', ')})`,
    );
  }
  return { size, channels: count as 1 | 3 | 4, channelsFirst };
}

function byteConversion(type: string, range: NumpySource['range'], file: string): (values: NumpyValues) => Uint8Array {
  if (range === undefined) {
    if (type === 'u1') return (values) => values as Uint8Array;
    if (type === 'b1') return (values) => Uint8Array.from(values, (value) => value * 255);
    if (type === 'u2') return (values) => Uint8Array.from(values, (value) => value >> 8);
    throw rangeNeeded(file, `elements of type ${type} and no range`);
  }
  const [low, high] = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low !== high)) throw rangeNeeded(file, JSON.stringify(range));
  // A clamped array rounds half to even, and turns what is not a number into 0.
  return (values) =>
    new Uint8Array(Uint8ClampedArray.from(values, (value) => ((value - low) / (high - low)) * 255).buffer);
}

function toRgb(bytes: Uint8Array, { size, channels, channelsFirst }: PixelLayout): Uint8Array {
  const interleaved = channelsFirst && channels > 1 ? interleave(bytes, size.width * size.height, channels) : bytes;
  if (channels === 1) return greyToRgb(interleaved);
  return channels === 3 ? interleaved : compositeOver(interleaved, [255, 255, 255]);
}

function interleave(planes: Uint8Array, pixels: number, channels: number): Uint8Array {
  const result = new Uint8Array(planes.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < pixels; i++) result[i * channels + channel] = planes[channel * pixels + i]!;
  }
  return result;
}

function chooseArray(file: string, key: string | undefined, names: readonly string[]): SceneError {
  const similar = key === undefined ? undefined : closest(key, names);
  return new SceneError({
    code: 'BAD_OPTION',
    expected: key === undefined ? 'one array that can be meant' : `an array "${key}"`,
    found: `the arrays ${names.join(', ')}`,
    where: file,
    fix: similar === undefined ? 'Name one of them with `imagesKey` or `labelsKey`.' : `Did you mean "${similar}"?`,
  });
}

function rangeNeeded(file: string, found: string): SceneError {
  return new SceneError({
    code: 'BAD_OPTION',
    expected: 'the option `range`: the two values that become 0 and 255',
    found,
    where: file,
    fix: 'Give it, for example [0, 1], or save the images as bytes.',
  });
}
