import { type Tensor, tf } from '@ssl-scene/tensors';

/** How many patches of each image are to be masked, whole numbers of shape (N). */
export interface PatchCounts {
  readonly salient: Tensor;
  readonly background: Tensor;
}

export interface PatchCountInputs {
  /** alpha: the share to mask, from 0 to 1, shape (N). */
  readonly ratio: Tensor;
  /** How many patches of the image are salient, shape (N). */
  readonly salient: Tensor;
  /** How many patches an image has. */
  readonly patches: number;
}

/** From where on released code caps the share of all patches that a high-pass negative loses, and to what. */
const NEGATIVE_CAP = { from: 0.56, to: 0.55 } as const;

/**
 * Counts of a positive's masks, by which salient patches and background lose the same share of their patches:
 * round(alpha · salient) salient ones (half to even), and in the background
 * - `total`: what is missing to floor(alpha · patches), which may be -1; the released code's form;
 * - `proportional`: round(alpha · background); the poster's form.
 */
export function positiveCounts(inputs: PatchCountInputs, background: 'total' | 'proportional' = 'total'): PatchCounts {
  const { ratio, salient, patches } = inputs;
  const inForeground = tf.round(tf.mul(ratio, salient));
  if (background === 'proportional') {
    return { salient: inForeground, background: tf.round(tf.mul(ratio, tf.sub(patches, salient))) };
  }
  return { salient: inForeground, background: tf.sub(tf.floor(tf.mul(ratio, patches)), inForeground) };
}

/**
 * Counts of a hard negative's masks: round(alpha · salient) salient patches, none in the background.
 *
 * @param capped whether at most 55 % of all patches are masked, as the released code does with high-pass images
 */
export function negativeCounts({ ratio, salient, patches }: PatchCountInputs, capped = false): PatchCounts {
  const wanted = tf.mul(ratio, salient);
  const most = tf.cast(tf.greaterEqual(wanted, NEGATIVE_CAP.from * patches), 'float32');
  const limited = tf.add(tf.mul(wanted, tf.sub(1, most)), tf.mul(most, NEGATIVE_CAP.to * patches));
  return { salient: tf.round(capped ? limited : wanted), background: tf.zerosLike(salient) };
}

/** The counts with both kept from 0 to what there is. */
export function possibleCounts({ salient, background }: PatchCounts, inputs: PatchCountInputs): PatchCounts {
  const kept = (count: Tensor, available: Tensor): Tensor => tf.minimum(tf.maximum(count, 0), available);
  return {
    salient: kept(salient, inputs.salient),
    background: kept(background, tf.sub(inputs.patches, inputs.salient)),
  };
}
