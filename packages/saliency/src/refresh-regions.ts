import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { activationMap, type ChannelReduction } from './activation-map.ts';
import { boxFromHeatMap, type HeatMapBoxOptions } from './box-from-heat-map.ts';
import { minMaxNormalise, upsampleBilinear } from './heat-map.ts';
import { type RefreshStatistics, RefreshTally } from './refresh-statistics.ts';

/** Where boxes and heat maps go; `RegionStore` of `@ssl-scene/regions` is one. */
export interface RegionSink {
  setBox(index: number, box: Box): void;
  /** The box before the refresh, for the statistics. */
  box?(index: number): Box;
  /** Values from 0 to 255, row by row. */
  setHeatMap?(index: number, map: Uint8Array): void;
}

export interface RefreshOptions extends Pick<HeatMapBoxOptions, 'threshold' | 'edges' | 'component'> {
  /** Number of images; they are taken in order from 0. */
  readonly images: number;
  /** Size of the network's input. */
  readonly inputHeight: number;
  readonly inputWidth: number;
  /**
   * Writes the normalised pixels of an image, inputHeight × inputWidth × 3, into `pixels`: the whole image, no
   * augmentation, resized where its size differs (relative boxes do not mind the aspect ratio).
   */
  readonly read: (index: number, pixels: Float32Array) => void | Promise<void>;
  /**
   * The stage to look at: images (batch, height, width, 3) → its output (batch, h, w, C), in evaluation mode. Wrap it in
   * `jit` for speed; all batches have the same shape.
   */
  readonly features: (images: Tensor) => Tensor;
  readonly regions: RegionSink;
  /** Images per call of `features`. Default 64. */
  readonly batchSize?: number;
  /** How channels become one number. Default `sum`. */
  readonly reduce?: ChannelReduction;
  /** Also store a heat map of this size for each image. Default: boxes only. */
  readonly heatMap?: { readonly height: number; readonly width: number };
  /** Whether an image whose `read` fails ends the refresh, or is listed and keeps its box. Default `throw`. */
  readonly onBadImage?: 'throw' | 'skip';
  /** Called after every batch with the number of images done. */
  readonly onProgress?: (done: number, images: number) => void;
}

/** A batch that is being read. */
interface Reading {
  readonly start: number;
  readonly count: number;
  readonly pixels: Float32Array;
  /** What went wrong, by place in the batch. */
  readonly faults: Promise<Map<number, unknown>>;
}

/**
 * Looks at every image once, without gradient, and stores the box of its heat map: ContrastiveCrop's localisation pass.
 * The next batch is read while the network works on the current one. Run it with the network that is being trained (never
 * an averaged copy) in evaluation mode.
 */
export async function refreshRegions(options: RefreshOptions): Promise<RefreshStatistics> {
  const { images, inputHeight, inputWidth, threshold = 0.1, onBadImage = 'throw' } = options;
  checkOptions(options);
  const batchSize = Math.min(options.batchSize ?? 64, images);
  const buffers = [0, 1].map(() => new Float32Array(batchSize * inputHeight * inputWidth * 3));
  const tally = new RefreshTally();
  let next = startReading(options, 0, batchSize, buffers[0]!);
  for (let start = 0, batch = 1; start < images; start += batchSize, batch++) {
    const { count, pixels, faults } = next;
    const failed = await faults;
    if (failed.size > 0 && onBadImage === 'throw') throw [...failed.values()][0];
    if (start + batchSize < images) next = startReading(options, start + batchSize, batchSize, buffers[batch % 2]!);
    const { values, height, width } = mapsOf(options, pixels, batchSize);
    for (let place = 0; place < count; place++) {
      const index = start + place;
      if (failed.has(place)) tally.addBadImage(index, messageOf(failed.get(place)));
      else
        storeRegion(
          options,
          index,
          values.subarray(place * height * width, (place + 1) * height * width),
          height,
          width,
          tally,
        );
    }
    options.onProgress?.(start + count, images);
  }
  return tally.finish(threshold);
}

function checkOptions({ images, batchSize = 64, heatMap, regions }: RefreshOptions): void {
  const fail = (name: string, expected: string, found: string): never => {
    throw new SceneError({
      code: 'REFRESH_OPTION',
      expected,
      found,
      where: `refreshRegions, option ${name}`,
      fix: `Correct ${name}.`,
    });
  };
  if (!Number.isInteger(images) || images < 1) fail('images', 'a whole number of at least 1', String(images));
  if (!Number.isInteger(batchSize) || batchSize < 1)
    fail('batchSize', 'a whole number of at least 1', String(batchSize));
  if (heatMap && !regions.setHeatMap) fail('regions', 'a store with setHeatMap, since heatMap is given', 'one without');
}

function startReading(
  { images, read }: RefreshOptions,
  start: number,
  batchSize: number,
  pixels: Float32Array,
): Reading {
  const count = Math.min(batchSize, images - start);
  const size = pixels.length / batchSize;
  const faults = new Map<number, unknown>();
  const one = async (place: number): Promise<void> => {
    try {
      await read(start + place, pixels.subarray(place * size, (place + 1) * size));
    } catch (error) {
      faults.set(place, error);
    }
  };
  // Places beyond the last image keep old pixels: a short batch would make a new graph, and nobody looks at them.
  const all = Promise.all(Array.from({ length: count }, (_, place) => one(place)));
  return { start, count, pixels, faults: all.then(() => faults) };
}

/** The activation maps of a batch, one after the other. */
function mapsOf(
  { features, reduce = 'sum', inputHeight, inputWidth }: RefreshOptions,
  pixels: Float32Array,
  batchSize: number,
): { values: Float32Array; height: number; width: number } {
  const maps = tf.tidy(() =>
    activationMap(features(tf.tensor4d(pixels, [batchSize, inputHeight, inputWidth, 3])), reduce),
  );
  const [found, height, width] = maps.shape as [number, number, number];
  const values = maps.dataSync<'float32'>();
  maps.dispose();
  if (found !== batchSize) {
    throw new SceneError({
      code: 'FEATURE_MAP_SHAPE',
      expected: `feature maps of ${batchSize} images`,
      found: `${found}`,
      where: 'refreshRegions, option features',
      fix: 'Return one map (h, w, C) per image of the batch.',
    });
  }
  return { values, height, width };
}

function storeRegion(
  options: RefreshOptions,
  index: number,
  map: Float32Array,
  height: number,
  width: number,
  tally: RefreshTally,
): void {
  const { regions, heatMap } = options;
  const found = boxFromHeatMap(map, height, width, options);
  tally.add(found, regions.box?.(index));
  regions.setBox(index, found.box);
  if (!heatMap) return;
  const pixels = upsampleBilinear(minMaxNormalise(map).values, [height, width], [heatMap.height, heatMap.width]);
  regions.setHeatMap!(
    index,
    Uint8Array.from(pixels, (value) => Math.round(255 * value)),
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
