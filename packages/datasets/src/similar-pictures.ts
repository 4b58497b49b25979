import { hashDistance, type PerceptualHash, type PictureTraits } from './perceptual-hash.ts';

/** A picture that others may be like. */
export interface ComparedPicture extends PictureTraits {
  readonly index: number;
}

export interface SimilarityLimits {
  /** Largest number of differing bits of the hashes. */
  readonly distance: number;
  /** Largest mean difference of the thumbnails, in levels of 0 … 255. */
  readonly levels: number;
}

/**
 * Groups of pictures that are alike by hash and thumbnail, each a list of indices in ascending order; pictures without a like
 * are in none. Likeness is passed on: where a is like b and b like c, all three are one group.
 *
 * Hashes of a distance of at most d agree in at least one of d + 1 parts, so that only pictures with a part in common are
 * compared.
 */
export function similarPictures(pictures: readonly ComparedPicture[], limits: SimilarityLimits): number[][] {
  const groups = new DisjointSets(pictures.length);
  const parts = limits.distance + 1;
  for (let part = 0; part < parts; part++) {
    const buckets = new Map<bigint, number[]>();
    for (const [position, picture] of pictures.entries()) {
      const key = hashPart(picture.hash, part, parts);
      const bucket = buckets.get(key) ?? [];
      const isCopy = joinLikes(picture, position, bucket, pictures, limits, groups);
      // A copy of a picture that is there already would find nothing that this one does not.
      if (!isCopy) bucket.push(position);
      buckets.set(key, bucket);
    }
  }
  return groups.sets().map((set) => set.map((position) => pictures[position]!.index).sort((a, b) => a - b));
}

/** @returns whether the bucket holds a picture with the same hash and thumbnail */
function joinLikes(
  picture: ComparedPicture,
  position: number,
  bucket: readonly number[],
  pictures: readonly ComparedPicture[],
  limits: SimilarityLimits,
  groups: DisjointSets,
): boolean {
  let isCopy = false;
  for (const other of bucket) {
    const distance = hashDistance(picture.hash, pictures[other]!.hash);
    if (distance > limits.distance) continue;
    const levels = meanDifference(picture.thumbnail, pictures[other]!.thumbnail);
    if (levels > limits.levels) continue;
    groups.join(position, other);
    isCopy ||= distance === 0 && levels === 0;
  }
  return isCopy;
}

/** The bits of a hash from part · 64 / parts to (part + 1) · 64 / parts. */
function hashPart([low, high]: PerceptualHash, part: number, parts: number): bigint {
  const [start, end] = [Math.floor((part * 64) / parts), Math.floor(((part + 1) * 64) / parts)];
  const bits = (BigInt(high) << 32n) | BigInt(low);
  return (bits >> BigInt(start)) & ((1n << BigInt(end - start)) - 1n);
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** Union-find. */
class DisjointSets {
  readonly #parents: Uint32Array;

  constructor(size: number) {
    this.#parents = Uint32Array.from({ length: size }, (_, i) => i);
  }

  join(a: number, b: number): void {
    this.#parents[this.#root(a)] = this.#root(b);
  }

  /** The sets of two or more members, by their smallest member. */
  sets(): number[][] {
    const members = new Map<number, number[]>();
    for (let i = 0; i < this.#parents.length; i++) {
      const root = this.#root(i);
      members.set(root, [...(members.get(root) ?? []), i]);
    }
    return [...members.values()].filter((set) => set.length > 1);
  }

  #root(element: number): number {
    let root = element;
    while (this.#parents[root] !== root) {
      // Halving the path keeps later walks short.
      this.#parents[root] = this.#parents[this.#parents[root]!]!;
      root = this.#parents[root]!;
    }
    return root;
  }
}
