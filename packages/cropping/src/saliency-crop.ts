import { type Box, toRelativeBox } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { CropOptions } from './crop-sampler.ts';
import { type CropSize, drawSize, type SizeRule } from './crop-size.ts';
import type { HeatMap } from './heat-map.ts';
import { drawRandomResizedCrop } from './random-resized-crop.ts';
import { roundHalfEven } from './rounding.ts';
import { type SaliencyGrid, windowMean } from './saliency-grid.ts';
import {
  type ComponentRule,
  componentBox,
  drawCell,
  drawComponent,
  type SalientComponents,
} from './salient-components.ts';

/** Rules of a saliency crop, all decided; see `SaliencySpec`. */
export interface SaliencyRule extends SizeRule, ComponentRule {
  readonly slot: number;
  readonly grid: number;
  readonly acceptance: 'mean' | 'off';
  readonly minSidePixels: number;
  readonly minSideShare: number;
  readonly centreBeta: number | undefined;
  readonly shareComponent: boolean;
  readonly distinctComponents: boolean;
}

/** A point in pixels. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** The shortest side that a saliency crop of an image may have. */
export function leastSide(
  width: number,
  height: number,
  { minSidePixels, minSideShare }: Pick<SaliencyRule, 'minSidePixels' | 'minSideShare'>,
): number {
  return Math.max(minSidePixels, Math.ceil(minSideShare * Math.min(width, height)));
}

/** Puts a crop with its centre at a point as far as the image's edges allow; corners are rounded half to even. */
export function placeAround(centre: Point, size: CropSize, width: number, height: number): Crop {
  const start = (middle: number, side: number, limit: number): number =>
    Math.min(Math.max(roundHalfEven(middle - side / 2), 0), limit - side);
  return {
    x: start(centre.x, size.width, width),
    y: start(centre.y, size.height, height),
    width: size.width,
    height: size.height,
  };
}

/**
 * Draws an SGCL-style saliency crop (a reconstruction from the abstract of Chen et al. 2023, not the paper's algorithm): a
 * salient part of the image, by `options.shared` where given, so that both views of a pair look at the same part; then
 * sizes and centres in that part, until a crop is at least as salient as the image is on average. Where none is within
 * the allowed tries the last one that fitted is taken, and where none fitted a random resized crop.
 *
 * On a uniform map this is `drawRandomResizedCrop` with the same stream, bit for bit.
 */
export function drawSaliencyCrop(
  width: number,
  height: number,
  heatMap: HeatMap,
  rule: SaliencyRule,
  random: RandomStream,
  options: CropOptions = {},
): Crop {
  const grid = heatMap.grid(rule.grid);
  if (grid.uniform) {
    if (options.tally !== undefined) options.tally.imagesWithoutBox++;
    return drawRandomResizedCrop(width, height, rule, random, options);
  }
  const components = heatMap.components(rule.grid, rule);
  const part = rule.shareComponent
    ? drawComponent(components, rule.slot + 1, rule.distinctComponents, options.shared ?? random)
    : drawComponent(components, 1, false, random);
  const shortest = leastSide(width, height, rule);
  let last: Crop | undefined;
  for (let attempt = 0; attempt < rule.tries; attempt++) {
    const size = drawSize(width, height, rule, random);
    if (size.width < shortest || size.height < shortest || size.width > width || size.height > height) continue;
    const { x, y } = drawCentre(grid, components, part, rule.centreBeta, random);
    last = placeAround({ x: x * width, y: y * height }, size, width, height);
    if (rule.acceptance === 'off' || windowMean(grid, relativeWindow(last, width, height)) >= grid.mean) return last;
  }
  if (last !== undefined) return last;
  if (options.tally !== undefined) options.tally.fallbacks++;
  return drawRandomResizedCrop(width, height, rule, random, options);
}

/** A crop's edges as shares of the image. */
export function relativeWindow(crop: Crop, width: number, height: number): Box {
  const { x, y } = crop;
  return toRelativeBox({ x0: x, y0: y, x1: x + crop.width, y1: y + crop.height }, width, height);
}

/** A centre in a part, as shares of the image. */
function drawCentre(
  grid: SaliencyGrid,
  components: SalientComponents,
  part: number,
  centreBeta: number | undefined,
  random: RandomStream,
): Point {
  if (centreBeta !== undefined) {
    const { x0, y0, x1, y1 } = componentBox(components, part, grid);
    const x = x0 + (x1 - x0) * random.beta(centreBeta, centreBeta);
    const y = y0 + (y1 - y0) * random.beta(centreBeta, centreBeta);
    return { x, y };
  }
  const cell = drawCell(components, part, random);
  const x = (cell % grid.width) + random.uniform();
  const y = Math.floor(cell / grid.width) + random.uniform();
  return { x: x / grid.width, y: y / grid.height };
}
