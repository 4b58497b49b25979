import { SceneError } from '@ssl-scene/errors';
import type { PairSpec } from '@ssl-scene/frameworks';
import {
  branchPlan,
  createMasker,
  type HighPassOptions,
  type MaskedView,
  type MaskerSpec,
  type MaskPlan,
} from '@ssl-scene/masking';
import type { MaskingOptions, SaliencySource } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import type { MaskingConfig } from './config/masking-schema.ts';
import { loadFrozenNetwork } from './frozen-network.ts';

/** Which views a configuration masks, and the pairs that name them. */
export interface MaskLayout {
  readonly plan: MaskPlan;
  readonly pairs: readonly PairSpec[];
  /** Whether each pair stands for one direction, though the framework would take both of each. */
  readonly directed: boolean;
}

type MaskedConfig = Pick<Config, 'framework' | 'masking'>;
type PatchesConfig = Extract<MaskingConfig, { kind: 'patches' }>;

const NEGATIVE = 'negative';
const STRATEGIES = ['high-pass', 'blur', 'mean'] as const;
/** Of a patch, that objects must cover for it to be salient. */
const OBJECT_SHARE = 0.25;

/** The masks of a run; `undefined` where it has none. Reads the file of a frozen network: choose a backend first. */
export function makeMasking(config: Config): MaskingOptions | undefined {
  const { masking } = config;
  if (!masking) return undefined;
  checkFitsRun(config, masking);
  const masker = createMasker(maskerSpec(masking, maskLayout(config)!.plan));
  return {
    masker,
    ...(masking.kind === 'patches' && masking.saliency && { saliency: saliencySource(masking.saliency) }),
  };
}

/** The high-pass filter through which a configuration's network sees all images, in evaluation too; `undefined` for none. */
export function inputFilter({ masking }: Pick<Config, 'masking'>): HighPassOptions | undefined {
  if (masking?.kind !== 'mscn' && masking?.kind !== 'patches') return undefined;
  const { strategy } = masking;
  if ('kind' in strategy && strategy.kind !== 'high-pass') return undefined;
  const { kernel, sigma } = strategy;
  return { ...(kernel !== undefined && { kernel }), ...(sigma !== undefined && { sigma }) };
}

/**
 * The configuration's masks for looking at: a masked view and a hard negative of every strategy, or those of a kind that has
 * none of them. By name.
 */
export function shownMasks(config: Config): Readonly<Record<string, MaskingOptions>> {
  const { masking } = config;
  if (!masking) return {};
  if (masking.kind !== 'patches') return { [masking.kind]: makeMasking(config)! };
  checkFitsRun(config, masking);
  const saliency = masking.saliency && { saliency: saliencySource(masking.saliency) };
  const plan: MaskPlan = {
    positive: { from: 'a', mask: 'positive' },
    ...(masking.selection === 'saliency' && { [NEGATIVE]: { from: 'b', mask: 'negative' } }),
  };
  const strategies = STRATEGIES.map((kind) => (masking.strategy.kind === kind ? masking.strategy : { kind }));
  return Object.fromEntries(
    strategies.map((strategy) => {
      const masker = patchesSpec({ ...masking, strategy } as PatchesConfig, plan);
      return [strategy.kind, { masker, ...saliency }];
    }),
  );
}

/**
 * Views and pairs where a configuration masks. A framework in which each view is once the one that predicts and once the
 * one that is predicted gets masked copies of both views, so that only the former or only the latter is masked.
 */
export function maskLayout(config: MaskedConfig): MaskLayout | undefined {
  const { masking } = config;
  if (!masking) return undefined;
  const branch = masking.kind === 'mscn' ? 'both' : masking.branch;
  const hasNegatives = masking.kind === 'patches' && masking.hardNegatives;
  if (branch === 'both' || !isSymmetric(config)) {
    const plan = branchPlan({ query: 'a', key: 'b', branch, ...(hasNegatives && { negatives: [NEGATIVE] }) });
    const pair = { role: 'global', a: 'a', b: 'b', ...(hasNegatives && { hardNegative: NEGATIVE }) };
    return { plan, pairs: [pair], directed: false };
  }
  return directedLayout(branch, hasNegatives);
}

function directedLayout(branch: 'query' | 'key', hasNegatives: boolean): MaskLayout {
  const plan: Record<string, MaskedView> = {};
  const pairs = [
    ['a', 'b'],
    ['b', 'a'],
  ].map(([query, key]): PairSpec => {
    const from = branch === 'query' ? query! : key!;
    const masked = `masked-${from}`;
    plan[masked] = { from, mask: 'positive' };
    const pair = branch === 'query' ? { a: masked, b: key! } : { a: query!, b: masked };
    if (!hasNegatives) return { role: 'global', ...pair };
    plan[`${NEGATIVE}-${key}`] = { from: key!, mask: 'negative' };
    return { role: 'global', ...pair, hardNegative: `${NEGATIVE}-${key}` };
  });
  return { plan, pairs, directed: true };
}

function isSymmetric({ framework }: Pick<Config, 'framework'>): boolean {
  return 'symmetric' in framework && framework.symmetric;
}

function maskerSpec(masking: MaskingConfig, plan: MaskPlan): MaskerSpec {
  switch (masking.kind) {
    case 'patches':
      return patchesSpec(masking, plan);
    case 'mscn':
      return { ...masking, views: ['a', 'b'] };
    case 'block': {
      const { branch: _, ...options } = masking;
      return { ...options, plan };
    }
    case 'cut-out': {
      const { branch: _, ...options } = masking;
      return { ...options, plan };
    }
  }
}

function patchesSpec(masking: PatchesConfig, plan: MaskPlan): MaskerSpec {
  const { branch: _, saliency, hardNegatives: __, rho: ___, positiveInDenominator: ____, ...options } = masking;
  const isOfObjects = saliency?.kind === 'object-masks';
  return { ...options, plan, ...(isOfObjects && !options.foreground && { foreground: { threshold: OBJECT_SHARE } }) };
}

function saliencySource(saliency: NonNullable<PatchesConfig['saliency']>): SaliencySource {
  if (saliency.kind !== 'network') return saliency;
  const { file, prefix, backbone, ...rest } = saliency;
  return { ...rest, ...loadFrozenNetwork({ file, backbone, ...(prefix !== undefined && { prefix }) }) };
}

const WITH_NEGATIVES: readonly string[] = ['simclr', 'moco'];
const WITH_AVERAGE: readonly string[] = ['moco', 'densecl', 'byol'];
/** Frameworks that compare more than the two views of a pair. */
const MULTI_CROP: readonly string[] = ['swav', 'dino'];

function checkFitsRun({ framework, views, regions }: Config, masking: MaskingConfig): void {
  if (MULTI_CROP.includes(framework.kind) || views.small) {
    throw misfit(
      'masking',
      'a framework that compares two views: SimCLR, MoCo, BYOL, SimSiam, Barlow Twins, VICReg, NNCLR or DenseCL',
      views.small ? 'small views' : framework.kind,
      'Leave masking out, or choose another framework.',
    );
  }
  if (masking.kind === 'patches' || masking.kind === 'mscn') checkGrid(masking.grid, views.size);
  if (masking.kind !== 'patches') return;
  const { hardNegatives, selection, saliency } = masking;
  if (hardNegatives && !WITH_NEGATIVES.includes(framework.kind)) {
    throw misfit(
      'masking.hardNegatives',
      `a framework whose loss has negatives: ${WITH_NEGATIVES.join(' or ')}`,
      framework.kind,
      'Set it to false: --set masking.hardNegatives=false',
    );
  }
  if (saliency && selection === 'uniform') {
    throw misfit(
      'masking.saliency',
      'nothing beside selection: uniform, which takes all patches for alike',
      saliency.kind,
      'Leave it out, or set --set masking.selection=saliency',
    );
  }
  if (saliency?.kind === 'average' && !WITH_AVERAGE.includes(framework.kind)) {
    throw misfit(
      'masking.saliency',
      `a framework with a moving average: ${WITH_AVERAGE.join(', ')}`,
      framework.kind,
      'Take the network that learns: --set masking.saliency.kind=online',
    );
  }
  if (saliency?.kind === 'heat-maps' && !regions) {
    throw misfit(
      'masking.saliency',
      'a section regions, which says where heat maps come from',
      'none',
      `Add for example regions: { size: ${views.size}, warmup: 4, interval: 4 }.`,
    );
  }
}

function checkGrid(grid: number, size: number): void {
  if (grid <= size) return;
  throw misfit('masking.grid', `at most ${size}, the pixels of a view’s side`, String(grid), 'Lower it.');
}

function misfit(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'MASKING_MISFIT', expected, found, where, fix });
}
