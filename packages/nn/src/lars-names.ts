import type { ParameterSpec } from './module.ts';

/**
 * OpenSelfSup's exclusion rule for LARS, which goes by the name: anything with `bias`, and weights right after `bn` or
 * `gn` and a number. It misses `downsample.1.weight` and a Sequential's `projector.1.weight`, which are then adapted
 * and decayed; use it only to reproduce that code.
 */
export function isExcludedByName({ name }: Pick<ParameterSpec, 'name'>): boolean {
  return /(bn|gn)(\d+)?.(weight|bias)|bias/.test(name);
}
