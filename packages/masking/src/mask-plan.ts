import { SceneError } from '@ssl-scene/errors';
import { checkChoice } from './check-option.ts';

/**
 * `positive`: masks that leave the image recognisable, spread evenly over what is salient and what is not; `negative`: masks
 * over much of what is salient; `none`: no mask.
 */
export type MaskKind = 'positive' | 'negative' | 'none';

/** What a view is made of. */
export interface MaskedView {
  /** Name of the view before masking. */
  readonly from: string;
  readonly mask: MaskKind;
}

/** The views that a step sees, by the names that its pairs use. Views that no entry names keep their own. */
export type MaskPlan = Readonly<Record<string, MaskedView>>;

export interface BranchOptions {
  /** Name of the view that meets the gradient: the query, or the online network's. */
  readonly query: string;
  /** Name of the other view: the key, or the target's. */
  readonly key: string;
  /** Which of the two is masked. Default: `query`, by far the best in the paper's ablation. */
  readonly branch?: 'query' | 'key' | 'both';
  /** Names of hard negatives to make of the key. Default: none. */
  readonly negatives?: readonly string[];
}

/** The plan of the paper for one pair of views, which keep their names. */
export function branchPlan({ query, key, branch = 'query', negatives = [] }: BranchOptions): MaskPlan {
  checkChoice('branchPlan', 'branch', branch, ['query', 'key', 'both']);
  const maskOf = (own: 'query' | 'key'): MaskKind => (branch === own || branch === 'both' ? 'positive' : 'none');
  const plan: Record<string, MaskedView> = {
    [query]: { from: query, mask: maskOf('query') },
    [key]: { from: key, mask: maskOf('key') },
  };
  for (const name of negatives) {
    if (name in plan) throw nameTaken(name);
    plan[name] = { from: key, mask: 'negative' };
  }
  return plan;
}

/** The entries of a plan that are masked. */
export function maskedEntries(plan: MaskPlan): [name: string, view: MaskedView & { mask: 'positive' | 'negative' }][] {
  return Object.entries(plan).filter(([, { mask }]) => mask !== 'none') as ReturnType<typeof maskedEntries>;
}

/** Throws unless every entry asks for a kind of mask that `where` can make. */
export function checkPlan(where: string, plan: MaskPlan, kinds: readonly MaskKind[]): void {
  for (const [name, { mask }] of Object.entries(plan)) checkChoice(where, `plan.${name}.mask`, mask, kinds);
}

function nameTaken(name: string): SceneError {
  return new SceneError({
    code: 'VIEW_NAME_TAKEN',
    expected: 'names of hard negatives unlike each other and unlike those of the views',
    found: JSON.stringify(name),
    where: 'branchPlan, option negatives',
    fix: 'Choose another name.',
  });
}
