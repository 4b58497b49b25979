import { SceneError } from '@ssl-scene/errors';
import { type RandomStream, randomStream } from '@ssl-scene/random';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import type { MaskKind } from './mask-plan.ts';
import type { Size } from './patch-grid.ts';

/** An array that is drawn outside the step and passed to it as a tensor. */
export interface NoiseArray {
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

/** The batch that noise is drawn for. */
export interface NoiseBatch {
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Step of the whole run, from 0; what a batch shares is drawn by it. */
  readonly step: number;
  /** Numbers of the images in their data set; what an image does not share is drawn by its own. */
  readonly indices: ArrayLike<number>;
  /** Height and width of the views before masking, by name. */
  readonly sizes: Readonly<Record<string, Size>>;
}

/** One view of a batch to draw noise for. */
export interface NoiseRequest {
  readonly batch: NoiseBatch;
  /** Name of the view after masking. */
  readonly name: string;
  readonly kind: Exclude<MaskKind, 'none'>;
  readonly size: Size;
}

/** Arrays of one view by what they are. */
export type ViewNoise = Readonly<Record<string, NoiseArray>>;

export function noiseArray(data: Float32Array, ...shape: number[]): NoiseArray {
  return { shape, dtype: 'float32', data };
}

/** Calls `draw` for each image with a stream of its own, which depends on nothing but the image, the epoch, view and purpose. */
export function forEachImage(
  { batch, name }: NoiseRequest,
  purpose: string,
  draw: (random: RandomStream, image: number) => void,
): void {
  const { seed, epoch, indices } = batch;
  for (let image = 0; image < indices.length; image++) {
    draw(randomStream(seed, 'mask', purpose, epoch, indices[image]!, name), image);
  }
}

/** The stream of what all images of a batch share. */
export function batchStream({ batch, name }: NoiseRequest, purpose: string): RandomStream {
  return randomStream(batch.seed, 'mask', purpose, 'batch', batch.step, name);
}

/** The arrays of all views in one record, by view and purpose. */
export function joinNoise(views: readonly (readonly [name: string, noise: ViewNoise])[]): Record<string, NoiseArray> {
  return Object.fromEntries(
    views.flatMap(([name, noise]) => Object.entries(noise).map(([purpose, array]) => [key(name, purpose), array])),
  );
}

/** Looks up the tensor that an array of a view became. */
export type NoiseLookup = (purpose: string) => Tensor;

/** The look-up for one view. Throws where noise is missing. */
export function noiseOf(noise: TensorDict, name: string): NoiseLookup {
  return (purpose) => {
    const tensor = noise[key(name, purpose)];
    if (tensor) return tensor;
    throw new SceneError({
      code: 'MISSING_NOISE',
      expected: `a tensor ${key(name, purpose)}`,
      found: Object.keys(noise).join(', ') || 'no noise',
      where: 'masker',
      fix: "Pass the tensors made of what the masker's noise() gives.",
    });
  };
}

function key(name: string, purpose: string): string {
  return `${name}.${purpose}`;
}
