import type { Raster } from '@ssl-scene/geometry';
import { gaussianKernel, separableFilter } from './blur.ts';
import { type ColourPlanes, labPlanes } from './lab.ts';
import type { NetworkFreeMap } from './network-free-map.ts';
import { reduced } from './reduced.ts';

export interface ColourDistributionOptions {
  /** Longer side that larger images are reduced to, in pixels. Default: 128. */
  readonly longestSide?: number;
  /** Standard deviation, in units of CIELAB, of the Gaussian that says how far two colours count as one. Default: 5. */
  readonly colourSpread?: number;
}

/** Side of the cubes of CIELAB whose pixels are taken together. */
const CUBE = 6;
/** How steeply saliency falls as a colour is spread wider (k of the paper). */
const STEEPNESS = 6;
/** Variance of places that are spread evenly over an image, both directions together, in shares of its sides. */
const EVEN_SPREAD = 1 / 6;
/** Standard deviation of the last smoothing, as a share of the longer side. */
const SMOOTHING = 1 / 64;

/** Colours further apart than so many standard deviations do not count as alike at all. */
const REACH = 4;

/** The pixels of each colour, one number a colour. */
interface ColourGroups {
  /** Mean colours, three numbers each. */
  readonly colours: Float64Array;
  readonly counts: Float64Array;
  /** Sums over the pixels' places, in shares of the image's sides, and of their squares. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly squares: Float64Array;
  /** The group of each pixel. */
  readonly members: Int32Array;
}

/**
 * Colours that gather at one place are salient, those that are spread over the image are background: the element distribution
 * of "Saliency Filters" (Perazzi et al., CVPR 2012), exp(-k · D) with D the spatial variance of a pixel's colour. Where the
 * paper takes superpixels this takes cubes of CIELAB, and the paper's second factor, uniqueness, is left out; constants
 * besides k are ours. Finds several objects of colours of their own on a varied ground, and misses an object whose colours
 * are found all over the image.
 *
 * @returns values from 0 to 1 in the size of the reduced image, all alike for an image of one colour
 */
export function colourDistribution(image: Raster, options: ColourDistributionOptions = {}): NetworkFreeMap {
  const { longestSide = 128, colourSpread = 5 } = options;
  const { width, height, data } = reduced(image, longestSide);
  const planes = labPlanes(data);
  const groups = colourGroups(planes, width, height);
  const saliency = spatialVariances(groups, colourSpread).map((variance) => compactness(variance / EVEN_SPREAD));
  const values = Float64Array.from(groups.members, (group) => saliency[group]!);
  const deviation = SMOOTHING * Math.max(width, height);
  const kernel = gaussianKernel(2 * Math.ceil(2 * deviation) + 1, deviation);
  return { width, height, data: separableFilter(values, width, height, kernel) };
}

function compactness(spread: number): number {
  return Math.exp(-STEEPNESS * spread);
}

/** Takes together the pixels in each cube of CIELAB. */
function colourGroups(planes: ColourPlanes, width: number, height: number): ColourGroups {
  const { count, members } = cubeOf(planes);
  const colours = new Float64Array(3 * count);
  const [counts, x, y, squares] = [0, 1, 2, 3].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let pixel = 0; pixel < members.length; pixel++) {
    const group = members[pixel]!;
    const across = ((pixel % width) + 0.5) / width;
    const down = (Math.floor(pixel / width) + 0.5) / height;
    counts[group]! += 1;
    x[group]! += across;
    y[group]! += down;
    squares[group]! += across * across + down * down;
    for (let channel = 0; channel < 3; channel++) colours[3 * group + channel]! += planes[channel]![pixel]!;
  }
  return { colours: colours.map((sum, place) => sum / counts[Math.floor(place / 3)]!), counts, x, y, squares, members };
}

/** Numbers the cubes of CIELAB that the image has pixels in, and names the cube of each pixel. */
function cubeOf([lightness, first, second]: ColourPlanes): { count: number; members: Int32Array } {
  const numbers = new Map<number, number>();
  // Each axis of CIELAB lies within ±512.
  const step = (value: number): number => Math.floor(value / CUBE) + 512;
  const members = Int32Array.from(lightness, (value, pixel) => {
    const key = (step(value) * 1024 + step(first[pixel]!)) * 1024 + step(second[pixel]!);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  return { count: numbers.size, members };
}

/** Of each group: the variance of the places of all pixels, weighted by how alike their colours are. */
function spatialVariances({ colours, counts, x, y, squares }: ColourGroups, colourSpread: number): Float64Array {
  const rate = -0.5 / colourSpread ** 2;
  const furthest = (REACH * colourSpread) ** 2;
  return Float64Array.from(counts, (_, group) => {
    const [lightness, first, second] = colours.subarray(3 * group, 3 * group + 3) as unknown as number[];
    let [weights, sumX, sumY, sumSquares] = [0, 0, 0, 0];
    for (let other = 0; other < counts.length; other++) {
      const distance =
        (colours[3 * other]! - lightness!) ** 2 +
        (colours[3 * other + 1]! - first!) ** 2 +
        (colours[3 * other + 2]! - second!) ** 2;
      if (distance > furthest) continue;
      const alike = Math.exp(rate * distance);
      weights += alike * counts[other]!;
      sumX += alike * x[other]!;
      sumY += alike * y[other]!;
      sumSquares += alike * squares[other]!;
    }
    return Math.max(sumSquares / weights - (sumX / weights) ** 2 - (sumY / weights) ** 2, 0);
  });
}
