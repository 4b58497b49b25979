import { type Box, connectedComponents, toRelativeBox } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import type { SaliencyGrid } from './saliency-grid.ts';

/** Which cells are salient, and how much more often the more salient ones are drawn. */
export interface ComponentRule {
  /** Cells of at least this saliency are active, from 0 to 1. */
  readonly tau: number;
  /** Cells are drawn in proportion to their saliency to this power; 0 draws all alike. */
  readonly gamma: number;
}

/** The active cells of a grid, by the connected parts that they form (neighbours share an edge). */
export interface SalientComponents {
  readonly count: number;
  /** Places of the active cells in the grid, part by part. */
  readonly cells: Int32Array;
  /** Where each part begins in `cells`, and where the last one ends. */
  readonly starts: Int32Array;
  /** Running sum of the weights of `cells`, from the first cell of all. */
  readonly runningSums: Float64Array;
  /** The smallest box of each part: x0, y0, x1, y1 in half-open edges of cells, four numbers a part. */
  readonly boxes: Int32Array;
}

/** The parts of the grid where it is salient. There is at least one, since the most salient cell is 1. */
export function salientComponents(grid: SaliencyGrid, { tau, gamma }: ComponentRule): SalientComponents {
  const { width, height, values } = grid;
  const active = new Uint8Array(values.length);
  for (let cell = 0; cell < values.length; cell++) active[cell] = values[cell]! >= tau ? 1 : 0;
  const { count, labels, sizes, boxes } = connectedComponents({ width, height, data: active }, 4);
  const starts = new Int32Array(count + 1);
  for (let part = 0; part < count; part++) starts[part + 1] = starts[part]! + sizes[part]!;
  const cells = new Int32Array(starts[count]!);
  const next = starts.slice();
  for (let cell = 0; cell < labels.length; cell++) {
    if (labels[cell] !== 0) cells[next[labels[cell]! - 1]!++] = cell;
  }
  return { count, cells, starts, runningSums: runningSums(cells, values, gamma), boxes };
}

/** The smallest box around a part, as shares of the image. */
export function componentBox(
  { boxes }: SalientComponents,
  part: number,
  { width, height }: Pick<SaliencyGrid, 'width' | 'height'>,
): Box {
  const [x0, y0, x1, y1] = boxes.subarray(4 * part, 4 * part + 4) as unknown as [number, number, number, number];
  return toRelativeBox({ x0, y0, x1, y1 }, width, height);
}

/** The sum of the weights of a part's cells. */
export function componentWeight({ starts, runningSums }: SalientComponents, part: number): number {
  return before(runningSums, starts[part + 1]!) - before(runningSums, starts[part]!);
}

/**
 * Draws one part for each of `count` slots and returns the last one. Parts are drawn in proportion to their weight, with
 * `distinct` among those that no slot has yet, as long as there are any. This equals drawing an anchor cell by its weight
 * and taking the part that holds it.
 */
export function drawComponent(
  components: SalientComponents,
  count: number,
  distinct: boolean,
  random: RandomStream,
): number {
  const weights = Float64Array.from({ length: components.count }, (_, part) => componentWeight(components, part));
  const left = weights.slice();
  let part = 0;
  for (let slot = 0; slot < count; slot++) {
    const isUsedUp = left.every((weight) => weight === 0);
    part = drawIndex(isUsedUp ? weights : left, random);
    if (distinct) left[part] = 0;
  }
  return part;
}

/** Draws a cell of a part in proportion to its weight; gives its place in the grid. */
export function drawCell(components: SalientComponents, part: number, random: RandomStream): number {
  const { cells, starts, runningSums } = components;
  const first = starts[part]!;
  const end = starts[part + 1]!;
  const from = before(runningSums, first);
  const target = from + random.uniform() * (runningSums[end - 1]! - from);
  return cells[firstAbove(runningSums, target, first, end)]!;
}

function runningSums(cells: Int32Array, values: Float64Array, gamma: number): Float64Array {
  const sums = new Float64Array(cells.length);
  let sum = 0;
  for (let place = 0; place < cells.length; place++) {
    const value = values[cells[place]!]!;
    sum += gamma === 1 ? value : value ** gamma;
    sums[place] = sum;
  }
  return sums;
}

/** The sum over all cells before a place. */
function before(sums: Float64Array, place: number): number {
  return place === 0 ? 0 : sums[place - 1]!;
}

/** The first place in [first, end) whose running sum is above the target; the last one where rounding leaves none. */
function firstAbove(sums: Float64Array, target: number, first: number, end: number): number {
  let [low, high] = [first, end - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** An index in proportion to its weight; one with weight 0 is never drawn. */
function drawIndex(weights: Float64Array, random: RandomStream): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = random.uniform() * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    if (rest < weight) return index;
    rest -= weight;
    last = index;
  }
  return last;
}
