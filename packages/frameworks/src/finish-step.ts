import type { Variables } from '@ssl-scene/nn';
import type { Framework } from './framework.ts';
import type { FrameworkBatch } from './pair.ts';

/**
 * What a framework does once the optimiser has moved the parameters: first those that must satisfy a condition are made to
 * do so, then buffers follow that depend on them. Call it inside `jit` or `tf.tidy`, like {@link differentiate}.
 *
 * @param variables the moved parameters, and the buffers that `differentiate` gave.
 */
export function finishStep(
  framework: Pick<Framework, 'constrain' | 'afterUpdate'>,
  { params, buffers }: Variables,
  batch: FrameworkBatch,
): Variables {
  const constrained = { ...params, ...framework.constrain?.(params) };
  const after = framework.afterUpdate?.({ params: constrained, buffers }, batch);
  return { params: constrained, buffers: { ...buffers, ...after } };
}
