import type { Features } from './features.ts';

/**
 * The k-th largest value, k being the length of `heap` (scratch memory), at most that of `values`. The heap holds the
 * largest values met so far; most others are settled by one comparison with its root.
 */
export function kthLargest(values: Features, heap: Float64Array): number {
  const count = heap.length;
  for (let i = 0; i < count; i++) heap[i] = values[i]!;
  for (let node = (count >> 1) - 1; node >= 0; node--) sink(heap, node, heap[node]!);
  for (let i = count; i < values.length; i++) {
    const value = values[i]!;
    if (value > heap[0]!) sink(heap, 0, value);
  }
  return heap[0]!;
}

/** Puts `value` at `node` of a heap with the smallest on top, moving smaller children up. */
function sink(heap: Float64Array, node: number, value: number): void {
  const count = heap.length;
  let place = node;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= count) break;
    if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = value;
}
