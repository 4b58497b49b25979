import type { HighPassStrategySpec } from './high-pass-strategy.ts';
import { branchPlan } from './mask-plan.ts';
import type { Masker } from './masker.ts';
import { type PatchMaskingOptions, patchMasking } from './patch-masking.ts';

export interface MscnBaselineOptions extends Pick<PatchMaskingOptions, 'grid' | 'positiveRatio'> {
  /** Names of the two views, both of which are masked. */
  readonly views: readonly [string, string];
  /** Filter, noise and modes. Default: those of saliency-guided masking. */
  readonly strategy?: Omit<HighPassStrategySpec, 'kind'>;
}

/**
 * Masked Siamese ConvNets (Jing, Zhu and LeCun 2022) as the baseline of saliency-guided masking: both views lose their low
 * frequencies and a share of all patches, whether salient or not. The share, round(alpha · patches) with alpha in [0.05, 0.25],
 * is inferred: the paper does not state it for its baseline.
 */
export function mscnBaseline(options: MscnBaselineOptions): Masker {
  const { views, strategy, ...rest } = options;
  const [query, key] = views;
  return patchMasking({
    ...rest,
    plan: branchPlan({ query, key, branch: 'both' }),
    strategy: { ...strategy, kind: 'high-pass' },
    selection: 'uniform',
  });
}
