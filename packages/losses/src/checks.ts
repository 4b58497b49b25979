import { SceneError } from '@ssl-scene/errors';
import type { Tensor } from '@ssl-scene/tensors';

/** Throws unless every tensor is a matrix (N, D) of one and the same shape with at least one row and one column. */
export function checkSameShape(where: string, tensors: Readonly<Record<string, Tensor>>): void {
  const entries = Object.entries(tensors);
  const wanted = entries[0]![1].shape;
  const fits = ({ shape }: Tensor): boolean =>
    shape.length === 2 && shape[0] === wanted[0] && shape[1] === wanted[1] && shape[0]! > 0 && shape[1]! > 0;
  if (entries.every(([, tensor]) => fits(tensor))) return;
  throw new SceneError({
    code: 'EMBEDDING_SHAPE',
    expected: 'embeddings (N, D) of one shape, not empty',
    found: entries.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', '),
    where,
    fix: 'Row i of every input must belong to image i; flatten other shapes first.',
  });
}

/** Throws unless `bank` is a matrix (K, D) with at least one row and the width of `embeddings` (N, D). */
export function checkBank(where: string, bank: Tensor, embeddings: Tensor): void {
  if (bank.shape.length === 2 && bank.shape[0]! > 0 && bank.shape[1] === embeddings.shape[1]) return;
  throw new SceneError({
    code: 'BANK_SHAPE',
    expected: `a bank (K, ${embeddings.shape[1]}) with at least one row`,
    found: `[${bank.shape.join(', ')}]`,
    where,
    fix: 'Make the bank as wide as the embeddings, one row for each entry.',
  });
}

/** Throws unless `value` is a finite number above `above`. */
export function checkAbove(where: string, name: string, value: number, above = 0): void {
  if (Number.isFinite(value) && value > above) return;
  throw new SceneError({
    code: 'LOSS_OPTION',
    expected: `a finite number above ${above}`,
    found: String(value),
    where: `${where}, option ${name}`,
    fix: `Choose ${name} above ${above}.`,
  });
}

/** Throws unless `value` is a finite number of at least `least`. */
export function checkAtLeast(where: string, name: string, value: number, least = 0): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new SceneError({
    code: 'LOSS_OPTION',
    expected: `a finite number of at least ${least}`,
    found: String(value),
    where: `${where}, option ${name}`,
    fix: `Choose ${name} of at least ${least}.`,
  });
}
