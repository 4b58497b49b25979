import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from './tensor.ts';

/** Leaves that are no tensors: part of a function's identity, not of its data. */
export type Static = number | string | boolean | null | undefined;

/** Nested dictionaries and arrays of tensors and of plain values. */
export type Tree = Tensor | Static | readonly Tree[] | { readonly [key: string]: Tree };

/** A tree with its tensors taken out: `structure` says where each goes and holds the plain values. */
export interface FlatTree {
  readonly tensors: Tensor[];
  /** Equal for two trees exactly if they differ in nothing but the values of their tensors' elements. */
  readonly structure: string;
}

/** Takes the tensors out of a tree, in the order of insertion of keys. */
export function flattenTree(tree: Tree): FlatTree {
  const tensors: Tensor[] = [];
  const structure: string[] = [];
  collect(tree, tensors, structure, 'tree');
  return { tensors, structure: structure.join('') };
}

function collect(tree: Tree, tensors: Tensor[], structure: string[], path: string): void {
  if (tree instanceof tf.Tensor) {
    tensors.push(tree);
    structure.push(`${tree.dtype}[${tree.shape.join()}];`);
  } else if (Array.isArray(tree)) {
    structure.push('(');
    tree.forEach((item, index) => {
      collect(item as Tree, tensors, structure, `${path}[${index}]`);
    });
    structure.push(')');
  } else if (isDictionary(tree)) {
    structure.push('{');
    for (const [key, item] of Object.entries(tree)) {
      structure.push(JSON.stringify(key), ':');
      collect(item, tensors, structure, `${path}.${key}`);
    }
    structure.push('}');
  } else if (isStatic(tree)) {
    structure.push(Object.is(tree, -0) ? '-0' : typeof tree === 'string' ? JSON.stringify(tree) : String(tree), ';');
  } else {
    throw new SceneError({
      code: 'NOT_A_TREE',
      expected: 'tensors, plain objects, arrays, numbers, strings, booleans, null or undefined',
      found: describe(tree),
      where: path,
      fix: 'Convert it to a tensor, or close over it if it never changes.',
    });
  }
}

/** Puts `tensors` into the places that the tensors of `tree` have. */
export function replaceTensors(tree: Tree, tensors: readonly Tensor[]): Tree {
  let next = 0;
  return mapTree(tree, () => tensors[next++]!);
}

/** The same tree with `change` applied to every tensor, in the order of {@link flattenTree}. */
export function mapTree(tree: Tree, change: (tensor: Tensor) => Tensor): Tree {
  if (tree instanceof tf.Tensor) return change(tree);
  if (Array.isArray(tree)) return tree.map((item) => mapTree(item as Tree, change));
  if (isDictionary(tree)) {
    return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, mapTree(item, change)]));
  }
  return tree;
}

/** Frees the memory of every tensor of the tree. */
export function disposeTree(tree: Tree): void {
  for (const tensor of flattenTree(tree).tensors) tensor.dispose();
}

/** Protects every tensor of the tree from the enclosing `tidy`; free them with {@link disposeTree}. */
export function keepTree<T extends Tree>(tree: T): T {
  for (const tensor of flattenTree(tree).tensors) tf.keep(tensor);
  return tree;
}

/** Number of bytes that the tree's elements take. */
export function treeBytes(tree: Tree): number {
  return flattenTree(tree).tensors.reduce((sum, { size, dtype }) => sum + size * tf.util.bytesPerElement(dtype), 0);
}

function isDictionary(tree: unknown): tree is { readonly [key: string]: Tree } {
  if (typeof tree !== 'object' || tree === null) return false;
  const prototype = Object.getPrototypeOf(tree);
  return prototype === Object.prototype || prototype === null;
}

function isStatic(value: unknown): value is Static {
  return value === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof value);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'object'}` : typeof value;
}
