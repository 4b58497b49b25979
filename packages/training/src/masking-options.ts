import type { Backbone } from '@ssl-scene/backbones';
import { SceneError } from '@ssl-scene/errors';
import type { Framework, PairSpec } from '@ssl-scene/frameworks';
import { createMasker, type Masker, type MaskerSpec } from '@ssl-scene/masking';
import type { Variables } from '@ssl-scene/nn';
import type { ViewPlan } from '@ssl-scene/views';
import { averagePrefix } from './average-variables.ts';
import type { RegionOptions } from './region-options.ts';

/** Where masks learn what is salient in a view. */
export type SaliencySource =
  | OwnNetworkSaliency
  | FrozenNetworkSaliency
  /** The heat maps that the run keeps of its images (`regions.heatMaps`), carried into the views. Salient everywhere before the first refresh. */
  | { readonly kind: 'heat-maps' }
  /** The data set's own masks of objects, carried into the views: the oracle. */
  | { readonly kind: 'object-masks' };

/** The network that learns, in evaluation mode and without gradient: as it is, or its moving average (MoCo's key, BYOL's target). */
export interface OwnNetworkSaliency {
  readonly kind: 'online' | 'average';
  /** Whose activations are summed over their channels. Default: the last stage. */
  readonly stage?: string;
}

/** A network that stays as it is, in evaluation mode. The authors' was trained with labels: say so where you compare. */
export interface FrozenNetworkSaliency {
  readonly kind: 'network';
  readonly backbone: Backbone;
  /** The backbone's variables under its own names; they stay the caller's. */
  readonly variables: Variables;
  /** Whose activations are summed over their channels. Default: the last stage. */
  readonly stage?: string;
  /** Side to which views are resized for it, bilinearly. Default: they are taken as they are. */
  readonly size?: number;
}

/** Masks of a run: which views are hidden where, and what tells where. */
export interface MaskingOptions {
  /** Its plan makes the views that `pairs` name of those of the view plan. */
  readonly masker: MaskerSpec | Masker;
  /** For masks that are guided by saliency. Default `{ kind: 'online' }`. */
  readonly saliency?: SaliencySource;
}

/** Options with their defaults, the masker made. */
export interface ResolvedMasking {
  readonly masker: Masker;
  /** Absent where masks are not guided by saliency. */
  readonly saliency?: SaliencySource;
}

/** @throws SceneError for a masker that cannot be made, or saliency that no mask looks at. */
export function resolveMasking({ masker: given, saliency }: MaskingOptions): ResolvedMasking {
  const masker = 'apply' in given ? given : createMasker(given);
  if (masker.salientViews.length > 0) return { masker, saliency: saliency ?? { kind: 'online' } };
  if (saliency === undefined) return { masker };
  throw maskingProblem(
    'masking.saliency',
    'no saliency, which these masks do not look at',
    `${saliency.kind} beside ${masker.name}`,
    'Leave it out.',
  );
}

/** What masks are compared with. */
export interface MaskingSurroundings {
  readonly framework: Framework;
  readonly plan: ViewPlan;
  readonly pairs: readonly PairSpec[];
  readonly regions?: RegionOptions;
}

/** Throws unless the views, pairs and regions of a run fit its masks. */
export function checkMasking({ masker, saliency }: ResolvedMasking, surroundings: MaskingSurroundings): void {
  const { framework, plan, pairs, regions } = surroundings;
  checkFilteredOnce(masker, framework);
  const known = plan.views.map(({ name }) => name);
  const used = new Set(pairs.flatMap(({ a, b, hardNegative }) => [a, b, hardNegative]));
  for (const [name, { from, mask }] of Object.entries(masker.plan)) {
    if (!known.includes(from)) {
      throw maskingProblem(
        `masking, plan.${name}.from`,
        `one of the views ${known.join(', ')}`,
        JSON.stringify(from),
        'Name a view of the view plan.',
      );
    }
    if (mask !== 'none' && !used.has(name)) {
      throw maskingProblem(
        `masking, plan.${name}`,
        'views that a pair names',
        `a masked view ${JSON.stringify(name)} that none does`,
        'Name it in `pairs`, as a, b or hardNegative, or leave it out.',
      );
    }
  }
  if (saliency?.kind === 'average' && averagePrefix(framework) === undefined) {
    throw maskingProblem(
      'masking.saliency',
      'a framework with a moving average of its network, such as MoCo or BYOL',
      framework.name,
      "Take { kind: 'online' }.",
    );
  }
  if (saliency?.kind === 'heat-maps' && !regions?.heatMaps) {
    throw maskingProblem(
      'masking.saliency',
      'a run that keeps heat maps',
      regions ? 'regions.heatMaps false' : 'no regions',
      'Set regions: { heatMaps: true, … }, or take another kind of saliency.',
    );
  }
  if (saliency?.kind === 'heat-maps' || saliency?.kind === 'object-masks') checkUpright(masker, plan, saliency.kind);
}

function checkFilteredOnce({ filter }: Masker, { backbone }: Framework): void {
  if (!filter || !backbone.inputFilter) return;
  throw maskingProblem(
    'masking',
    'a framework of the backbone itself, since the masks filter the views',
    `${backbone.name}, which filters its images`,
    'Take the backbone without highPassed.',
  );
}

/** Maps cannot follow a view that was turned by an angle. */
function checkUpright({ salientViews }: Masker, { views }: ViewPlan, kind: string): void {
  const turned = views.find(
    ({ name, augmentations }) => salientViews.includes(name) && augmentations.some((step) => step.kind === 'rotation'),
  );
  if (!turned) return;
  throw maskingProblem(
    'masking.saliency',
    `views without rotation, so that ${kind} can be carried into them`,
    `rotation in view ${turned.name}`,
    'Leave the rotation out, or take the saliency of a network.',
  );
}

export function maskingProblem(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'MASKING', expected, found, where, fix });
}
