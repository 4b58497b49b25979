import type { Features } from './features.ts';

/**
 * Places, ascending, of the `count` largest values and of all others that fall short of the least of these by at most
 * `margin`. A heap holds the largest values met so far; most others are settled by one comparison with its root.
 */
export function largestPlaces(values: Features, count: number, margin: number): number[] {
  const heap = Float64Array.from(values.subarray(0, count));
  for (let node = (count >> 1) - 1; node >= 0; node--) sink(heap, node, heap[node]!);
  const places = Array.from({ length: count }, (_, place) => place);
  let limit = heap[0]! - margin;
  for (
    let place = nextAtLeast(values, count, limit);
    place < values.length;
    place = nextAtLeast(values, place + 1, limit)
  ) {
    places.push(place);
    const value = values[place]!;
    if (value <= heap[0]!) continue;
    sink(heap, 0, value);
    limit = heap[0]! - margin;
  }
  return places.filter((place) => values[place]! >= limit);
}

/** The first place from `start` on whose value is at least `limit`; this loop is where all the time goes. */
function nextAtLeast(values: Features, start: number, limit: number): number {
  const end = values.length;
  let place = start;
  while (place < end && values[place]! < limit) place++;
  return place;
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
