import { type ImageDataset, type ObjectMask, openDataset } from '@ssl-scene/datasets';
import type { Position } from '@ssl-scene/frameworks';
import type { NoiseArray } from '@ssl-scene/masking';
import type { Variables } from '@ssl-scene/nn';
import { RegionStore } from '@ssl-scene/regions';
import { type TensorDict, tf } from '@ssl-scene/tensors';
import {
  type Batch,
  heatMapToView,
  maskToView,
  type ViewGeometry,
  type ViewPlan,
  viewGeometry,
} from '@ssl-scene/views';
import { maskingProblem } from './masking-options.ts';
import type { MaskInputs } from './step-masking.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** Makes what the masks of a step need, on the host: a pure function of the run's seed, the position and the images. */
export interface MaskingFeed {
  /** The frozen network that tells what is salient, where there is one. */
  readonly network: Variables | undefined;
  /**
   * Noise and maps for a batch; the caller disposes of them.
   *
   * @param part which of the step's batches it is, from 0.
   */
  inputs(batch: Batch<Float32Array>, position: Position, part: number): Promise<MaskInputs>;
  close(): void;
}

/** Map (side × side) of what is salient in a view; higher is more. */
interface SaliencyMap {
  readonly side: number;
  readonly data: ArrayLike<number>;
}

/** Finds the map of one view of one image. */
type MapFinder = (image: number, geometry: ViewGeometry) => SaliencyMap | Promise<SaliencyMap>;

type FeedOptions = Pick<ResolvedTrainerOptions, 'masking' | 'accumulate' | 'source' | 'plan'>;

/** @param regions what the run knows of its images. */
export async function openMaskingFeed(
  options: FeedOptions,
  regions: SharedArrayBuffer | undefined,
): Promise<MaskingFeed | undefined> {
  const { masking, accumulate } = options;
  if (!masking) return undefined;
  const { masker, saliency } = masking;
  const dataset = saliency?.kind === 'object-masks' ? await openWithMasks(options) : undefined;
  const find = dataset ? objectMaps(dataset) : saliency?.kind === 'heat-maps' ? storedMaps(regions!) : undefined;
  return {
    network: saliency?.kind === 'network' ? saliency.variables : undefined,
    async inputs(batch, { seed, epoch, step }, part) {
      const sides = Object.entries(batch.views).map(
        ([name, { length }]) => [name, sideOf(length, batch.size)] as const,
      );
      const sizes = Object.fromEntries(sides.map(([name, side]) => [name, [side, side] as const]));
      const drawn = masker.noise({ seed, epoch, step: step * accumulate + part, indices: batch.indices, sizes });
      return { noise: upload(drawn), saliency: find ? await viewMaps(batch, masker.salientViews, find, options) : {} };
    },
    close: () => dataset?.close?.(),
  };
}

function sideOf(values: number, images: number): number {
  return Math.round(Math.sqrt(values / images / 3));
}

function upload(noise: Readonly<Record<string, NoiseArray>>): TensorDict {
  const entries = Object.entries(noise).map(([name, { shape, dtype, data }]) => [
    name,
    tf.tensor(data, [...shape], dtype),
  ]);
  return Object.fromEntries(entries);
}

/** Image by image, since both views may show the same one. */
async function viewMaps(
  batch: Batch<Float32Array>,
  views: readonly string[],
  find: MapFinder,
  { plan }: FeedOptions,
): Promise<TensorDict> {
  const found = views.map((): SaliencyMap[] => []);
  for (let row = 0; row < batch.size; row++) {
    for (const [place, view] of views.entries()) {
      const image = imagesOf(batch, view, plan)[row]!;
      found[place]!.push(await find(image, viewGeometry(batch, view, row)));
    }
  }
  return Object.fromEntries(views.map((view, place) => [view, tensorOf(found[place]!)]));
}

function imagesOf({ indices, partners }: Batch, view: string, { views }: ViewPlan): Uint32Array {
  const spec = views.find(({ name }) => name === view);
  return spec?.image === 'partner' ? partners! : indices;
}

/** (N, side, side). */
function tensorOf(maps: readonly SaliencyMap[]): tf.Tensor {
  const { side } = maps[0]!;
  const values = new Float32Array(maps.length * side * side);
  for (const [row, { data }] of maps.entries()) values.set(data, row * side * side);
  return tf.tensor3d(values, [maps.length, side, side]);
}

/** Stored maps are coarse; more places than these would tell no more of a view. */
const MOST_PLACES = 56;

function storedMaps(regions: SharedArrayBuffer): MapFinder {
  const store = RegionStore.attach(regions);
  return (image, geometry) => {
    const side = Math.min(geometry.size, MOST_PLACES);
    const map = { ...store.heatMapSize!, data: store.heatMap(image) };
    return { side, data: heatMapToView(map, { ...geometry, size: side }) };
  };
}

/** In masks of objects: a pixel that nobody judged, which counts as background. */
const UNJUDGED = 255;

function objectMaps(dataset: ImageDataset): MapFinder {
  let last: { readonly image: number; readonly mask: ObjectMask } | undefined;
  return async (image, geometry) => {
    const mask = last?.image === image ? last.mask : await dataset.mask!(image);
    if (!mask) {
      throw maskingProblem(
        `image ${dataset.id(image)}`,
        'a mask of its objects, for masking.saliency object-masks',
        'none',
        'Take a data set with masks of all images, or another kind of saliency.',
      );
    }
    last = { image, mask };
    const objects = maskToView(mask, geometry);
    return { side: geometry.size, data: objects.map((object) => (object > 0 && object < UNJUDGED ? 1 : 0)) };
  };
}

async function openWithMasks({ source }: FeedOptions): Promise<ImageDataset> {
  const dataset = await openDataset(source);
  if (dataset.mask) return dataset;
  dataset.close?.();
  throw maskingProblem(
    'masking.saliency',
    'a data set with masks of its objects',
    dataset.name,
    'Take synthetic scenes, COCO or another set with masks, or another kind of saliency.',
  );
}
