import { type Tensor, tf } from '@ssl-scene/tensors';
import { type BlurStrategySpec, blurStrategy } from './blur-strategy.ts';
import { badOption, checkChoice, checkCount, checkShares, type Range } from './check-option.ts';
import { type HighPassStrategySpec, highPassStrategy } from './high-pass-strategy.ts';
import { forEachImage, type NoiseRequest, noiseArray, type ViewNoise } from './mask-noise.ts';
import { checkPlan, type MaskPlan } from './mask-plan.ts';
import { type Masker, makeMasker } from './masker.ts';
import { type MeanStrategySpec, meanStrategy } from './mean-strategy.ts';
import { type PatchCompatibility, patchCounts } from './patch-compatibility.ts';
import { checkRule, type ForegroundRule, salientPatches } from './salient-patches.ts';
import { selectPatches } from './select-patches.ts';
import type { Strategy } from './strategy.ts';

/** How patches are hidden. */
export type StrategySpec = HighPassStrategySpec | BlurStrategySpec | MeanStrategySpec;

export interface PatchMaskingOptions {
  /** Which views are masked; see `branchPlan`. */
  readonly plan: MaskPlan;
  /** How patches are hidden. Default: `{ kind: 'high-pass' }`, the paper's best. */
  readonly strategy?: StrategySpec;
  /**
   * `saliency`: positives lose the same share of salient patches and background, negatives lose salient patches only;
   * `uniform`: all patches are alike and no saliency is needed. Default: `saliency`.
   */
  readonly selection?: 'saliency' | 'uniform';
  /** Patches per side. Default: 7. */
  readonly grid?: number;
  /** Range of a positive's masked share of its patches. Default: [0.05, 0.25]. */
  readonly positiveRatio?: Range;
  /** Range of a negative's masked share of its salient patches. Default: [0.4, 0.7]. */
  readonly negativeRatio?: Range;
  /** Which patches are salient; all of them in a view where none would be. Default: `{ relax: 0.6 }`. */
  readonly foreground?: ForegroundRule;
  /**
   * How many background patches a positive loses: as many as complete `floor(alpha · patches)`, as in the released code,
   * or the same share as of the salient ones, rounded, as on the poster. Default: `total`.
   */
  readonly backgroundCount?: 'total' | 'proportional';
  /** Faults of the released code, to replicate its behaviour. Default: none. */
  readonly compat?: PatchCompatibility;
}

/**
 * Masks patches of a grid: saliency-guided masking (Chin et al., WACV 2024), and its ablation without saliency.
 */
export function patchMasking(options: PatchMaskingOptions): Masker {
  const { plan, strategy: spec = { kind: 'high-pass' }, selection = 'saliency', grid = 7 } = options;
  const { positiveRatio = [0.05, 0.25], negativeRatio = [0.4, 0.7], backgroundCount = 'total', compat = {} } = options;
  const { foreground = { relax: 0.6 } } = options;
  checkPlan('patchMasking', plan, ['positive', 'negative', 'none']);
  checkChoice('patchMasking', 'selection', selection, ['saliency', 'uniform']);
  checkChoice('patchMasking', 'backgroundCount', backgroundCount, ['total', 'proportional']);
  checkCount('patchMasking', 'grid', grid);
  checkShares('patchMasking', 'positiveRatio', positiveRatio);
  checkShares('patchMasking', 'negativeRatio', negativeRatio);
  checkRule(foreground);
  const strategy = strategyOf(spec, grid);
  const ratios = { positive: positiveRatio, negative: negativeRatio };
  const isCapped = spec.kind === 'high-pass';

  return makeMasker({
    name: `${selection === 'saliency' ? 'salient' : 'uniform'} patches, ${spec.kind}`,
    plan,
    ...(strategy.filter && { filter: strategy.filter }),
    isGuided: selection === 'saliency',
    noise: (request) => ({
      ...drawPatches(request, ratios[request.kind], strategy.choices, grid),
      ...strategy.noise(request),
    }),
    salient: (saliency) =>
      allWhereNone(
        salientPatches(saliency, { grid, rule: foreground, ...(compat.rowSortBug && { rowSortBug: true }) }),
      ),
    cover(view, guide, noise, kind) {
      const salient = guide ?? tf.ones([view.shape[0]!, grid, grid]);
      const inputs = { ratio: noise('ratio'), salient: tf.sum(salient, [1, 2]), patches: grid * grid };
      const counts = patchCounts(inputs, kind, { backgroundCount, isCapped, compat });
      const patches = selectPatches(noise('ranks'), salient, counts);
      return { mask: strategy.mask(patches, view, noise, kind), fill: strategy.fill(view, noise) };
    },
    finish: (view, kind) => (kind === 'negative' && compat.sharedNegativeBug ? firstForAll(view) : view),
  });
}

function strategyOf(spec: StrategySpec, grid: number): Strategy {
  switch (spec.kind) {
    case 'high-pass':
      return highPassStrategy(spec, grid);
    case 'blur':
      return blurStrategy(spec);
    case 'mean':
      return meanStrategy();
    default:
      throw badOption('patchMasking', 'strategy.kind', 'one of high-pass, blur, mean', (spec as StrategySpec).kind);
  }
}

/** `ratio` (N): alpha; `ranks` (N, choices, G²): the order in which patches are taken. */
function drawPatches(request: NoiseRequest, [low, high]: Range, choices: number, grid: number): ViewNoise {
  const images = request.batch.indices.length;
  const length = choices * grid * grid;
  const ratio = new Float32Array(images);
  const ranks = new Float32Array(images * length);
  forEachImage(request, 'patches', (random, image) => {
    ratio[image] = low + (high - low) * random.uniform();
    random.fillUniform(ranks.subarray(image * length, (image + 1) * length));
  });
  return { ratio: noiseArray(ratio, images), ranks: noiseArray(ranks, images, choices, grid * grid) };
}

/** Masks must fall somewhere: a view in which nothing reaches a threshold is salient everywhere, as one without any difference is. */
function allWhereNone(salient: Tensor): Tensor {
  const isNone = tf.cast(tf.equal(tf.sum(salient, [1, 2], true), 0), 'float32');
  return tf.maximum(salient, isNone);
}

function firstForAll(view: Tensor): Tensor {
  const [images, ...shape] = view.shape as [number, number, number, number];
  return tf.tile(tf.slice(view, [0, 0, 0, 0], [1, ...shape]), [images, 1, 1, 1]);
}
