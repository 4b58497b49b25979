import type { DatasetSource } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Framework } from '@ssl-scene/frameworks';
import type { HighPassOptions } from '@ssl-scene/masking';
import type { Variables } from '@ssl-scene/nn';
import { disposeTree, type TensorDict, type Tree, tf } from '@ssl-scene/tensors';
import { type Batch, createViewLoader, type ViewPlan } from '@ssl-scene/views';
import { openMaskingFeed } from './masking-feed.ts';
import { type MaskingOptions, resolveMasking } from './masking-options.ts';
import { maskViews } from './step-masking.ts';
import type { Normalisation } from './trainer-options.ts';
import { uploadViews } from './upload.ts';

export interface MaskSampleOptions {
  /** The images. */
  readonly source: DatasetSource;
  /** How views are made of images. */
  readonly plan: ViewPlan;
  readonly seed: number;
  /** The epoch whose views and masks are drawn, from 0. */
  readonly epoch: number;
  /** Which images. */
  readonly indices: readonly number[];
  readonly framework: Framework;
  /** All variables of the framework: what tells what is salient may be its network. */
  readonly variables: Variables;
  /** The masks to draw, by a name of the caller's. */
  readonly masks: Readonly<Record<string, MaskingOptions>>;
  /** Memory of a region store with heat maps, for masks that look at these. Default: none. */
  readonly regions?: SharedArrayBuffer;
  /** Default: ImageNet's. */
  readonly normalise?: Normalisation;
}

/** An image's values for one picture: (side, side, 3), or (side, side) for salient patches. */
export interface SampledArray {
  readonly side: number;
  readonly data: Float32Array;
}

/** What masks did to the views of one image. */
export interface MaskedSample {
  readonly index: number;
  /** The views before any mask or filter, normalised. */
  readonly views: Readonly<Record<string, SampledArray>>;
  readonly masked: Readonly<Record<string, SampledMasks>>;
}

export interface SampledMasks {
  /** The masked views, normalised and filtered, by the names of the masker's plan. */
  readonly views: Readonly<Record<string, SampledArray>>;
  /** Share of each masked view's values that were replaced. */
  readonly hidden: Readonly<Record<string, number>>;
  /** 1 for the salient patches of the views that the masker looked at. */
  readonly salient: Readonly<Record<string, SampledArray>>;
  /** Through what filter all views went; `undefined` for none. */
  readonly filter: HighPassOptions | undefined;
}

/** Draws views and masks as a run with these options would, without training: for looking at them. */
export async function sampleMasks(options: MaskSampleOptions): Promise<MaskedSample[]> {
  const { source, plan, seed, epoch, indices, normalise } = options;
  const loader = await createViewLoader({
    source,
    plan,
    seed,
    indices,
    batchSize: indices.length,
    workers: 0,
    dropLast: false,
    output: 'float32',
    ...(normalise && { normalise }),
    ...(options.regions && { regions: options.regions }),
  });
  try {
    for await (const batch of loader.epoch(epoch)) {
      const samples = await samplesOf(batch, options);
      batch.release();
      return samples;
    }
  } finally {
    await loader.close();
  }
  throw new SceneError({
    code: 'BAD_OPTION',
    expected: 'at least one image',
    found: 'none',
    where: 'sampleMasks, indices',
    fix: 'Name an image.',
  });
}

async function samplesOf(batch: Batch<Float32Array>, options: MaskSampleOptions): Promise<MaskedSample[]> {
  const views = uploadViews(batch.views, batch.size);
  const masked: Record<string, SampledMasks[]> = {};
  for (const [name, masking] of Object.entries(options.masks)) {
    masked[name] = await masksOf(batch, views, masking, options);
  }
  const rows = arrays(views, batch.size);
  disposeTree(views);
  return [...batch.indices].map((index, row) => ({
    index,
    views: rows[row]!,
    masked: Object.fromEntries(Object.entries(masked).map(([name, samples]) => [name, samples[row]!])),
  }));
}

async function masksOf(
  batch: Batch<Float32Array>,
  views: TensorDict,
  given: MaskingOptions,
  { source, plan, seed, epoch, framework, variables, regions }: MaskSampleOptions,
): Promise<SampledMasks[]> {
  const masking = resolveMasking(given);
  const feed = (await openMaskingFeed({ masking, accumulate: 1, source, plan }, regions))!;
  const position = { seed, epoch, step: epoch, totalSteps: epoch + 1, batchSize: batch.size };
  const inputs = await feed.inputs(batch, position, 0);
  feed.close();
  const result = tf.tidy(() => {
    const {
      views: seen,
      masks,
      salient,
    } = maskViews({ framework, masking }, variables, { ...inputs, views }, feed.network);
    const hidden = Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, tf.mean(mask, [1, 2, 3])]));
    const named = Object.fromEntries(Object.keys(masking.masker.plan).map((name) => [name, tf.clone(seen[name]!)]));
    return { views: named, hidden, salient } as unknown as tf.TensorContainer;
  }) as unknown as Record<'views' | 'hidden' | 'salient', TensorDict>;
  const [seen, salient] = [arrays(result.views, batch.size), arrays(result.salient, batch.size)];
  const hidden = Object.entries(result.hidden).map(([name, shares]) => [name, shares.dataSync()] as const);
  const samples = seen.map((views, row) => ({
    views,
    salient: salient[row]!,
    hidden: Object.fromEntries(hidden.map(([name, shares]) => [name, shares[row]!])),
    filter: masking.masker.filter,
  }));
  disposeTree([result, inputs] as unknown as Tree);
  return samples;
}

/** The tensors' values by row, copied. */
function arrays(tensors: TensorDict, rows: number): Record<string, SampledArray>[] {
  const read = Object.entries(tensors).map(([name, tensor]) => {
    const data = tensor.dataSync<'float32'>();
    return { name, side: tensor.shape[1]!, data, length: data.length / rows };
  });
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      read.map(({ name, side, data, length }) => [
        name,
        { side, data: Float32Array.from(data.subarray(row * length, (row + 1) * length)) },
      ]),
    ),
  );
}
