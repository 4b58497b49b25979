import type { HostInput, Position } from '@ssl-scene/frameworks';
import { type TensorDict, tf } from '@ssl-scene/tensors';
import type { Batch } from '@ssl-scene/views';
import type { MaskingFeed } from './masking-feed.ts';
import { uploadPairWeights } from './pair-weighting.ts';
import type { StepInputs } from './step-inputs.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';
import { uploadViews } from './upload.ts';

/** A batch and where it stands in the run. */
export interface PlacedBatch {
  readonly batch: Batch<Float32Array>;
  readonly position: Position;
  /** Which of the step's batches it is, from 0. */
  readonly part: number;
  readonly learningRate: number;
}

/** All that a step needs of a batch, as tensors; for `change` see {@link uploadPosition}. */
export async function uploadBatch(
  options: Pick<ResolvedTrainerOptions, 'framework' | 'learningRate' | 'pairs' | 'weighting' | 'masking'>,
  masking: MaskingFeed | undefined,
  { batch, position, part, learningRate }: PlacedBatch,
  change: Readonly<Record<string, HostInput>> = {},
): Promise<StepInputs> {
  const masks = await masking?.inputs(batch, position, part);
  const beside = uploadPosition(options, { ...position, batchSize: batch.size }, learningRate, change);
  const weights = options.weighting && uploadPairWeights(batch, options, options.weighting);
  return {
    views: uploadViews(batch.views, batch.size),
    ...beside,
    ...(masks && { masking: masks }),
    ...(weights && { weights }),
  };
}

/** What a step at this position needs beside its views, as tensors; `change` may replace what the framework asked for. */
export function uploadPosition(
  { framework, learningRate: initialRate }: Pick<ResolvedTrainerOptions, 'framework' | 'learningRate'>,
  position: Position,
  learningRate: number,
  change: Readonly<Record<string, HostInput>> = {},
): Omit<StepInputs, 'views'> {
  const asked = framework.hostInputs?.(position) ?? {};
  const changed = Object.entries(change).filter(([name]) => name in asked);
  const phase = framework.phase?.(position);
  return {
    framework: uploadHostInputs({ ...asked, ...Object.fromEntries(changed) }),
    learningRate: tf.scalar(learningRate),
    initialRate: tf.scalar(initialRate),
    ...(phase && { phase }),
  };
}

function uploadHostInputs(inputs: Readonly<Record<string, HostInput>>): TensorDict {
  const entries = Object.entries(inputs).map(([name, { shape, dtype, data }]) => [
    name,
    tf.tensor(data, [...shape], dtype),
  ]);
  return Object.fromEntries(entries);
}
