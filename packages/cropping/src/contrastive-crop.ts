import type { Box } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { CropOptions } from './crop-sampler.ts';
import { type CropSize, drawCropSize, fallbackCrop, type SizeRule } from './crop-size.ts';

/** Where a crop of a given size may start, and where it does. */
export interface ContrastivePlacement {
  /** First and last top row; with `legacyClamp` they may be in the wrong order. */
  readonly rows: readonly [number, number];
  /** First and last left column, likewise. */
  readonly columns: readonly [number, number];
  readonly x: number;
  readonly y: number;
}

/** Arguments of `contrastivePlace`. */
export interface ContrastivePlaceArguments {
  /** Size of the image in pixels. */
  readonly width: number;
  readonly height: number;
  /** Size of the crop in pixels; fits into the image. */
  readonly cropWidth: number;
  readonly cropHeight: number;
  /** Where the centre may be, relative to the image. */
  readonly box: Box;
  /** Where in the rows' range, from 0 to 1. */
  readonly u: number;
  /** Where in the columns' range, from 0 to 1. */
  readonly v: number;
  /** Default: false. */
  readonly legacyClamp?: boolean;
}

/**
 * Places a crop so that its centre lies in the box as far as the image's edges allow (Peng et al. 2022, and the code of its
 * authors): `u` and `v` choose within the ranges, truncated toward the first row and column.
 */
export function contrastivePlace(place: ContrastivePlaceArguments): ContrastivePlacement {
  const { width, height, cropWidth, cropHeight, box, u, v, legacyClamp = false } = place;
  const range = legacyClamp ? legacyStartRange : startRange;
  const rows = range(height, cropHeight, box.y0, box.y1);
  const columns = range(width, cropWidth, box.x0, box.x1);
  return { rows, columns, x: within(columns, v), y: within(rows, u) };
}

function startRange(imageSize: number, cropSize: number, from: number, to: number): readonly [number, number] {
  const clamp = (start: number): number => Math.min(Math.max(start, 0), imageSize - cropSize);
  return [clamp(centred(imageSize, cropSize, from)), clamp(centred(imageSize, cropSize, to))];
}

function legacyStartRange(imageSize: number, cropSize: number, from: number, to: number): readonly [number, number] {
  return [
    Math.max(centred(imageSize, cropSize, from), 0),
    Math.min(centred(imageSize, cropSize, to), imageSize - cropSize),
  ];
}

/** Start of a crop whose centre is at a relative position. */
function centred(imageSize: number, cropSize: number, centre: number): number {
  return Math.trunc(imageSize * centre) - Math.floor(cropSize / 2);
}

function within([first, last]: readonly [number, number], share: number): number {
  return first + Math.trunc((last - first) * share);
}

/** Rules of a contrastive crop, all decided. */
export interface ContrastiveRule extends SizeRule {
  readonly alpha: number;
  readonly legacyClamp: boolean;
  readonly fallback: 'centre' | 'box';
}

/** Draws a contrastive crop with its centre in `box`: a size, then the share of the rows, then of the columns. */
export function drawContrastiveCrop(
  width: number,
  height: number,
  box: Box,
  rule: ContrastiveRule,
  random: RandomStream,
  options: CropOptions = {},
): Crop {
  let size: CropSize | undefined = drawCropSize(width, height, rule, random);
  if (size === undefined) {
    if (options.tally !== undefined) options.tally.fallbacks++;
    const centred = fallbackCrop(width, height, rule.ratio);
    if (rule.fallback === 'centre') return centred;
    size = centred;
  }
  const u = random.beta(rule.alpha, rule.alpha);
  const v = random.beta(rule.alpha, rule.alpha);
  const { x, y } = contrastivePlace({
    width,
    height,
    cropWidth: size.width,
    cropHeight: size.height,
    box,
    u,
    v,
    legacyClamp: rule.legacyClamp,
  });
  return { x, y, width: size.width, height: size.height };
}
