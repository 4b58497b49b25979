import { SceneError } from '@ssl-scene/errors';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import type { Phase } from './phase.ts';

/** Two views of one image that should be alike, by their names. */
export interface PairSpec {
  /** What kind of pair it is, for example `global` or `intra`; state that must not be shared is kept per role. */
  readonly role: string;
  /** Name of the first view: the query, where a framework tells the two apart. */
  readonly a: string;
  /** Name of the second view: the key. */
  readonly b: string;
  /** Name of a view that should be unlike `a` although it shows the same image. Default: none. */
  readonly hardNegative?: string;
  /** How much the pair counts for all images alike, not negative. Default 1. */
  readonly factor?: number;
}

/** A {@link PairSpec} inside a step. */
export interface Pair extends PairSpec {
  /** How much the pair counts for each image, shape (N), not negative; carries no gradient. Default: 1. */
  readonly weight?: Tensor;
}

/** What one step of a framework sees. */
export interface FrameworkBatch {
  /** Views by name, each (N, height, width, 3); sizes may differ between names, N may not. */
  readonly views: TensorDict;
  /** At least one. */
  readonly pairs: readonly Pair[];
  /** The tensors made of {@link Framework.hostInputs}; may be left out where the framework asks for none. */
  readonly inputs?: TensorDict;
  /** What {@link Framework.phase} said; may be left out where the framework has none. */
  readonly phase?: Phase;
}

/** Names of all views that take part in the pairs' roles `parts`, in order of first mention. */
export function viewNames(pairs: readonly PairSpec[], parts: readonly ('a' | 'b' | 'hardNegative')[]): string[] {
  const names = pairs.flatMap((pair) => parts.map((part) => pair[part]));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** Sum of the pairs' factors: what a loss that is the same for all pairs is multiplied by. */
export function totalFactor(pairs: readonly PairSpec[]): number {
  return pairs.reduce((sum, { factor = 1 }) => sum + factor, 0);
}

/** Throws where a pair has a hard negative, for frameworks that would not look at it. */
export function refuseHardNegatives(framework: string, pairs: readonly PairSpec[]): void {
  const found = pairs.find(({ hardNegative }) => hardNegative !== undefined);
  if (!found) return;
  throw new SceneError({
    code: 'HARD_NEGATIVE_UNUSED',
    expected: 'pairs without a hard negative',
    found: `hardNegative ${JSON.stringify(found.hardNegative)} in a pair of role ${found.role}`,
    where: framework,
    fix: 'Leave it out, or use SimCLR or MoCo, whose losses have negatives.',
  });
}

/** Throws unless the batch holds every view that its pairs name, all with the same number of images. */
export function checkBatch({ views, pairs }: FrameworkBatch): void {
  if (pairs.length === 0) {
    throw new SceneError({
      code: 'NO_PAIRS',
      expected: 'at least one pair of views',
      found: 'none',
      where: 'pairs',
      fix: "Give for example [{ role: 'global', a: 'first', b: 'second' }].",
    });
  }
  const sizes = viewNames(pairs, ['a', 'b', 'hardNegative']).map((name) => [name, batchSize(views, name)] as const);
  const [first, size] = sizes[0]!;
  for (const [name, found] of sizes) {
    if (found === size) continue;
    throw new SceneError({
      code: 'BATCH_MISMATCH',
      expected: `${size} images, as view ${first} has`,
      found: `${found}`,
      where: `view ${name}`,
      fix: 'Make all views from the same images.',
    });
  }
}

function batchSize(views: TensorDict, name: string): number {
  const view = views[name];
  if (view) return view.shape[0]!;
  throw new SceneError({
    code: 'MISSING_VIEW',
    expected: `one of ${Object.keys(views).join(', ')}`,
    found: JSON.stringify(name),
    where: 'pairs',
    fix: 'Name views of the view plan.',
  });
}
