import { type Module, prefixed } from '@ssl-scene/nn';
import type { PairSpec } from './pair.ts';
import { unknownRole } from './unknown-role.ts';

/** A predictor for every role, or one for all. */
export interface Predictors {
  /** All predictors' modules, prefixed. */
  readonly modules: readonly Module[];
  /** The predictor of a role. */
  of(role: string): Module;
}

/**
 * @param separate whether every role has its own, under `predictor.<role>.`, or all share one, under `predictor.`.
 */
export function predictors(make: () => Module, roles: readonly string[], separate: boolean): Predictors {
  if (!separate) {
    const shared = prefixed('predictor', make());
    return { modules: [shared], of: () => shared };
  }
  const byRole = new Map(roles.map((role) => [role, prefixed(`predictor.${role}`, make())]));
  return {
    modules: [...byRole.values()],
    of: (role) => {
      const found = byRole.get(role);
      if (found) return found;
      throw unknownRole(role, roles);
    },
  };
}

/** Which view's prediction meets which view's target. */
export interface Prediction {
  readonly from: string;
  readonly to: string;
}

/** Both views predict each other, or only the first one predicts the second. */
export function predictions({ a, b }: PairSpec, symmetric: boolean): Prediction[] {
  return symmetric
    ? [
        { from: a, to: b },
        { from: b, to: a },
      ]
    : [{ from: a, to: b }];
}
