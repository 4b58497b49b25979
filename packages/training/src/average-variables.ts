import { evaluatedVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';

/**
 * The backbone's variables in the moving average that a framework keeps of its network (MoCo's key, BYOL's target, DINO's
 * teacher), under the backbone's own names; `undefined` where it keeps none.
 */
export function averageVariables(framework: Framework, variables: Variables): Variables | undefined {
  const prefix = averagePrefix(framework);
  return prefix === undefined ? undefined : evaluatedVariables({ ...framework, evaluated: prefix }, variables);
}

/** What stands before the names of the moving average. */
export function averagePrefix({ unlearned }: Pick<Framework, 'unlearned'>): string | undefined {
  const copy = unlearned.find(({ name }) => /^[^.]+\.backbone\./.test(name));
  return copy?.name.slice(0, copy.name.indexOf('.'));
}
