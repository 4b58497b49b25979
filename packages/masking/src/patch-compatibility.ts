import { type Tensor, tf } from '@ssl-scene/tensors';
import type { MaskKind } from './mask-plan.ts';
import {
  negativeCounts,
  type PatchCountInputs,
  type PatchCounts,
  positiveCounts,
  possibleCounts,
} from './patch-counts.ts';

/** Faults of the code that the authors of saliency-guided masking released. */
export interface PatchCompatibility {
  /** Salient patches are moved to the right end of their row. Default: false. */
  readonly rowSortBug?: boolean;
  /** All images have the hard negative of the batch's first image. Default: false. */
  readonly sharedNegativeBug?: boolean;
  /** Where a background count comes out as -1, all background patches but one are masked. Default: false. */
  readonly negativeCountBug?: boolean;
  /** Where there is exactly one salient patch, or one in the background, that one is never masked. Default: false. */
  readonly singlePatchBug?: boolean;
}

export interface PatchCountRules {
  readonly backgroundCount: 'total' | 'proportional';
  /** Whether negatives are capped as high-pass ones. */
  readonly isCapped: boolean;
  readonly compat: PatchCompatibility;
}

/** The counts of a view's masks, possible ones. */
export function patchCounts(
  inputs: PatchCountInputs,
  kind: Exclude<MaskKind, 'none'>,
  rules: PatchCountRules,
): PatchCounts {
  const { backgroundCount, isCapped, compat } = rules;
  const wanted = kind === 'positive' ? positiveCounts(inputs, backgroundCount) : negativeCounts(inputs, isCapped);
  const sliced = compat.negativeCountBug ? allButOneBelowZero(wanted, inputs) : wanted;
  const counts = possibleCounts(sliced, inputs);
  return compat.singlePatchBug ? noneOfSingles(counts, inputs) : counts;
}

/** Python's `patches[:-1]` is all of them but the last. */
function allButOneBelowZero({ salient, background }: PatchCounts, inputs: PatchCountInputs): PatchCounts {
  const isBelow = tf.cast(tf.less(background, 0), 'float32');
  const allButOne = tf.sub(tf.sub(inputs.patches, inputs.salient), 1);
  return { salient, background: tf.add(tf.mul(background, tf.sub(1, isBelow)), tf.mul(allButOne, isBelow)) };
}

function noneOfSingles({ salient, background }: PatchCounts, inputs: PatchCountInputs): PatchCounts {
  const unlessSingle = (count: Tensor, available: Tensor): Tensor =>
    tf.mul(count, tf.cast(tf.notEqual(available, 1), 'float32'));
  return {
    salient: unlessSingle(salient, inputs.salient),
    background: unlessSingle(background, tf.sub(inputs.patches, inputs.salient)),
  };
}
