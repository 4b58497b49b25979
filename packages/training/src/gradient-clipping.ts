import { SceneError } from '@ssl-scene/errors';
import { clipByJointNorm, clipEachByNorm } from '@ssl-scene/nn';
import type { TensorDict } from '@ssl-scene/tensors';

/** Shortens gradients that are too long, as plain data. */
export interface GradientClipping {
  /** `joint`: all gradients by one factor; `each`: every tensor for itself, as in DINO's code. Default `joint`. */
  readonly kind?: 'joint' | 'each';
  /** Largest Euclidean norm, above 0. */
  readonly limit: number;
}

/** The gradients as they are, or shortened. */
export function clipGradients(grads: TensorDict, clipping: GradientClipping | undefined): TensorDict {
  if (clipping === undefined) return grads;
  return (clipping.kind ?? 'joint') === 'joint'
    ? clipByJointNorm(grads, clipping.limit)
    : clipEachByNorm(grads, clipping.limit);
}

/** @throws SceneError for a limit or kind that cannot work. */
export function checkClipping({ kind = 'joint', limit }: GradientClipping): void {
  const fail = (name: string, expected: string, found: unknown): never => {
    throw new SceneError({
      code: 'BAD_OPTION',
      expected,
      found: String(found),
      where: `clipGradients.${name}`,
      fix: 'Correct the value.',
    });
  };
  if (!Number.isFinite(limit) || limit <= 0) fail('limit', 'a number above 0', limit);
  if (kind !== 'joint' && kind !== 'each') fail('kind', 'joint or each', kind);
}
