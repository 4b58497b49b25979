import { SceneError } from '@ssl-scene/errors';
import { checkMap, type ScalarMap } from './scalar-map.ts';

/** Which pixels touch: 4 those that share an edge, 8 also those that share a corner. */
export type Connectivity = 4 | 8;

/** The connected parts of a mask, numbered from 1 by the place of their first pixel, row by row. */
export interface ConnectedComponents {
  readonly count: number;
  /** For each pixel the number of its component, 0 outside all; row-major. */
  readonly labels: Int32Array;
  /** Pixels of each component; component k at place k - 1. */
  readonly sizes: Uint32Array;
  /** The smallest box of each component: x0, y0, x1, y1 in half-open pixel edges, component k from place 4 (k - 1). */
  readonly boxes: Int32Array;
}

/**
 * The connected components of the pixels that are not 0 (two passes with union-find, as in Wu, Otoo and Suzuki 2009).
 *
 * @param connectivity 8 by default
 */
export function connectedComponents(mask: ScalarMap, connectivity: Connectivity = 8): ConnectedComponents {
  checkMap(mask, 'connectedComponents');
  if (connectivity !== 4 && connectivity !== 8) {
    throw new SceneError({
      code: 'BAD_CONNECTIVITY',
      expected: '4 or 8',
      found: String(connectivity),
      where: 'connectedComponents',
      fix: 'Pass 4 for neighbours by edges, 8 for neighbours by edges and corners.',
    });
  }
  const labels = new Int32Array(mask.width * mask.height);
  const parents = labelProvisionally(mask, connectivity, labels);
  const numbers = finalNumbers(parents);
  return { count: numbers.count, labels, ...renumber(labels, mask, numbers) };
}

/** Gives each pixel the least label among its earlier neighbours or a new one; returns which labels belong together. */
function labelProvisionally(mask: ScalarMap, connectivity: Connectivity, labels: Int32Array): number[] {
  const { width, height, data } = mask;
  const parents = [0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (!data[at]) continue;
      let label = x > 0 ? labels[at - 1]! : 0;
      if (y > 0) {
        label = join(parents, label, labels[at - width]!);
        if (connectivity === 8) {
          if (x > 0) label = join(parents, label, labels[at - width - 1]!);
          if (x < width - 1) label = join(parents, label, labels[at - width + 1]!);
        }
      }
      if (label === 0) {
        label = parents.length;
        parents.push(label);
      }
      labels[at] = label;
    }
  }
  return parents;
}

/** Unites the sets of two labels, 0 standing for none; returns the root, the least label of the set. */
function join(parents: number[], a: number, b: number): number {
  if (b === 0) return a;
  if (a === 0 || a === b) return b;
  const rootA = findRoot(parents, a);
  const rootB = findRoot(parents, b);
  if (rootA < rootB) parents[rootB] = rootA;
  else parents[rootA] = rootB;
  return Math.min(rootA, rootB);
}

function findRoot(parents: number[], label: number): number {
  let root = label;
  while (parents[root] !== root) {
    // Halving the path keeps later searches short.
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}

/** 1, 2, … for provisional labels; roots are the least of their sets, so they come in the order of first pixels. */
function finalNumbers(parents: number[]): { readonly count: number; readonly finals: Int32Array } {
  const finals = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < parents.length; label++) {
    const root = findRoot(parents, label);
    finals[label] = root === label ? ++count : finals[root]!;
  }
  return { count, finals };
}

/** Replaces provisional labels by final ones, and measures the components. */
function renumber(
  labels: Int32Array,
  { width, height }: ScalarMap,
  { count, finals }: { readonly count: number; readonly finals: Int32Array },
): { sizes: Uint32Array; boxes: Int32Array } {
  const sizes = new Uint32Array(count);
  const boxes = new Int32Array(4 * count);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (labels[at] === 0) continue;
      const label = finals[labels[at]!]!;
      labels[at] = label;
      const box = 4 * (label - 1);
      if (sizes[label - 1]!++ === 0) {
        boxes[box] = x;
        boxes[box + 1] = y;
      }
      if (x < boxes[box]!) boxes[box] = x;
      if (x >= boxes[box + 2]!) boxes[box + 2] = x + 1;
      boxes[box + 3] = y + 1;
    }
  }
  return { sizes, boxes };
}
