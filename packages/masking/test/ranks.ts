/** Ranks of `count` patches with which the listed ones are chosen first. */
export function orderedRanks(first: readonly number[], count: number): Float32Array {
  const ranks = Float32Array.from({ length: count }, (_, patch) => 0.5 + patch / (4 * count));
  first.forEach((patch, position) => {
    ranks[patch] = position / (4 * count);
  });
  return ranks;
}
