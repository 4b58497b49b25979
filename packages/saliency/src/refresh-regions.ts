import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { activationMap, type ChannelReduction } from './activation-map.ts';
import type { HeatMapBatch, HeatMapProvider, ImageBatch } from './heat-map-provider.ts';
import type { RefreshStatistics } from './refresh-statistics.ts';
import { RegionUpdate, type RegionUpdateOptions } from './region-update.ts';

export interface RefreshOptions extends RegionUpdateOptions {
  /** Number of images; they are taken in order from 0. */
  readonly images: number;
  /**
   * Writes the normalised pixels of an image, inputHeight × inputWidth × 3, into `pixels`: the whole image, no
   * augmentation, resized where its size differs (relative boxes do not mind the aspect ratio).
   */
  readonly read: (index: number, pixels: Float32Array) => void | Promise<void>;
  /** Writes a second view of the image in the same form, for providers that compare two. */
  readonly readOther?: (index: number, pixels: Float32Array) => void | Promise<void>;
  /** What finds the heat maps. Default: activation maps of `features`. */
  readonly provider?: HeatMapProvider;
  /**
   * In place of a provider, the stage whose activations to look at: images (batch, height, width, 3) → its output
   * (batch, h, w, C), in evaluation mode. Wrap it in `jit` for speed; all batches have the same shape.
   */
  readonly features?: (images: Tensor) => Tensor;
  /** How the channels of `features` become one number. Default `sum`. */
  readonly reduce?: ChannelReduction;
  /** Images per call of the network. Default 64. */
  readonly batchSize?: number;
  /** Whether an image whose `read` fails ends the refresh, or is listed and keeps its box. Default `throw`. */
  readonly onBadImage?: 'throw' | 'skip';
  /** Called after every batch with the number of images done. */
  readonly onProgress?: (done: number, images: number) => void;
}

/** A batch that is being read. */
interface Reading {
  readonly start: number;
  readonly count: number;
  readonly batch: ImageBatch;
  /** What went wrong, by place in the batch. */
  readonly faults: Promise<Map<number, unknown>>;
}

/** Memory for the pixels of a batch. */
interface Buffers {
  readonly pixels: Float32Array;
  readonly others?: Float32Array;
}

/**
 * Looks at every image once, without gradient, and stores the box of its heat map: ContrastiveCrop's localisation pass.
 * The next batch is read while the network works on the current one. For ContrastiveCrop, run it with the network that is
 * being trained (never an averaged copy) in evaluation mode.
 */
export async function refreshRegions(options: RefreshOptions): Promise<RefreshStatistics> {
  const { images, onBadImage = 'throw' } = options;
  const provider = providerOf(options);
  checkOptions(options, provider);
  const update = new RegionUpdate(options);
  const batchSize = Math.min(options.batchSize ?? 64, images);
  const buffers = [0, 1].map(() => allocate(options, provider, batchSize));
  let next = startReading(options, 0, batchSize, buffers[0]!);
  for (let start = 0, turn = 1; start < images; start += batchSize, turn++) {
    const { count, batch, faults } = next;
    const failed = await faults;
    if (failed.size > 0 && onBadImage === 'throw') throw [...failed.values()][0];
    if (start + batchSize < images) next = startReading(options, start + batchSize, batchSize, buffers[turn % 2]!);
    const { values, height, width } = await provider.maps(batch);
    for (let place = 0; place < count; place++) {
      if (failed.has(place)) update.addBadImage(start + place, messageOf(failed.get(place)));
      else {
        const map = values.subarray(place * height * width, (place + 1) * height * width);
        update.add(start + place, map, height, width);
      }
    }
    options.onProgress?.(start + count, images);
  }
  return update.finish();
}

function providerOf({ provider, features, reduce = 'sum' }: RefreshOptions): HeatMapProvider {
  if (provider !== undefined) return provider;
  if (features === undefined) throw badOption('provider', 'a provider, or features', 'neither');
  return {
    name: 'activation',
    needsOthers: false,
    maps: async (batch) => activationsOf(features, reduce, batch),
    dispose: () => {},
  };
}

/** The activation maps of a batch, one after the other. */
function activationsOf(
  features: (images: Tensor) => Tensor,
  reduce: ChannelReduction,
  { images, height, width, pixels }: ImageBatch,
): HeatMapBatch {
  const maps = tf.tidy(() => activationMap(features(tf.tensor4d(pixels, [images, height, width, 3])), reduce));
  const [found, mapHeight, mapWidth] = maps.shape as [number, number, number];
  const values = maps.dataSync<'float32'>();
  maps.dispose();
  if (found === images) return { values, height: mapHeight, width: mapWidth };
  throw new SceneError({
    code: 'FEATURE_MAP_SHAPE',
    expected: `feature maps of ${images} images`,
    found: `${found}`,
    where: 'refreshRegions, option features',
    fix: 'Return one map (h, w, C) per image of the batch.',
  });
}

function checkOptions({ images, batchSize = 64, readOther }: RefreshOptions, provider: HeatMapProvider): void {
  if (!Number.isInteger(images) || images < 1)
    throw badOption('images', 'a whole number of at least 1', String(images));
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw badOption('batchSize', 'a whole number of at least 1', String(batchSize));
  if (provider.needsOthers && readOther === undefined)
    throw badOption('readOther', `second views, which ${provider.name} compares with`, 'none');
}

function badOption(name: string, expected: string, found: string): SceneError {
  return new SceneError({
    code: 'REFRESH_OPTION',
    expected,
    found,
    where: `refreshRegions, option ${name}`,
    fix: `Correct ${name}.`,
  });
}

function allocate(
  { inputHeight, inputWidth }: RefreshOptions,
  { needsOthers }: HeatMapProvider,
  images: number,
): Buffers {
  const length = images * inputHeight * inputWidth * 3;
  return { pixels: new Float32Array(length), ...(needsOthers && { others: new Float32Array(length) }) };
}

function startReading(options: RefreshOptions, start: number, batchSize: number, buffers: Buffers): Reading {
  const { images, read, readOther, inputHeight, inputWidth } = options;
  const count = Math.min(batchSize, images - start);
  const size = inputHeight * inputWidth * 3;
  const faults = new Map<number, unknown>();
  const one = async (place: number): Promise<void> => {
    const part = (values: Float32Array): Float32Array => values.subarray(place * size, (place + 1) * size);
    try {
      await read(start + place, part(buffers.pixels));
      if (buffers.others) await readOther!(start + place, part(buffers.others));
    } catch (error) {
      faults.set(place, error);
    }
  };
  // Places beyond the last image keep old pixels: a short batch would make a new graph, and nobody looks at them.
  const all = Promise.all(Array.from({ length: count }, (_, place) => one(place)));
  const batch = { images: batchSize, height: inputHeight, width: inputWidth, ...buffers };
  return { start, count, batch, faults: all.then(() => faults) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
