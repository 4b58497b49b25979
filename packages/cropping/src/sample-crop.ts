import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import { drawBoxCrop } from './box-crop.ts';
import { drawContrastiveCrop } from './contrastive-crop.ts';
import type { Crop } from './crop.ts';
import type { CropRegion } from './crop-region.ts';
import type { CropOptions, CropSampler } from './crop-sampler.ts';
import { DEFAULT_GRID } from './crop-score.ts';
import type { SizeRule } from './crop-size.ts';
import type { BoxesSpec, ContrastiveSpec, CropSizeOptions, CropSpec, Range, SaliencySpec } from './crop-spec.ts';
import { checkCropSpec } from './crop-spec-check.ts';
import type { HeatMap } from './heat-map.ts';
import { drawRandomResizedCrop } from './random-resized-crop.ts';
import { drawSaliencyCrop } from './saliency-crop.ts';
import { componentBox, drawComponent } from './salient-components.ts';

const TORCHVISION_SCALE: Range = [0.08, 1];
const CONTRASTIVE_SCALE: Range = [0.2, 1];
const SALIENT_SCALE: Range = [0.05, 0.4];
const RATIO: Range = [3 / 4, 4 / 3];
const TRIES = 10;
const PAPER_ALPHA = 0.6;
const DEFAULT_TAU = 0.5;

/**
 * Draws one crop.
 *
 * @param spec how; kind `module` must be loaded by `loadCropSampler` first
 * @param width of the image in pixels
 * @param height of the image in pixels
 * @param region what is known of the image; see `cropNeeds`
 * @param random where all draws come from, but those that `options.shared` is for
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, BAD_VALUE, BAD_SIZE, REGION_MISSING, HEAT_MAP_MISSING, MODULE_NOT_LOADED
 */
export function sampleCrop(
  spec: CropSpec,
  width: number,
  height: number,
  region: CropRegion | undefined,
  random: RandomStream,
  options: CropOptions = {},
): Crop {
  return createCropSampler(spec)(width, height, region, random, options);
}

/**
 * The sampler of a specification, which is checked once: `sampleCrop` for many images.
 *
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, BAD_VALUE, MODULE_NOT_LOADED
 */
export function createCropSampler(spec: CropSpec): CropSampler {
  checkCropSpec(spec);
  switch (spec.kind) {
    case 'random-resized': {
      const rule = sizeRule(spec, TORCHVISION_SCALE);
      return checked((width, height, _, random, options) =>
        drawRandomResizedCrop(width, height, rule, random, options),
      );
    }
    case 'contrastive':
      return checked(contrastiveSampler(spec));
    case 'saliency':
      return checked(saliencySampler(spec));
    case 'boxes':
      return checked(boxesSampler(spec));
    case 'whole':
      return checked((width, height) => ({ x: 0, y: 0, width, height }));
    case 'module':
      throw new SceneError({
        code: 'MODULE_NOT_LOADED',
        expected: 'a sampler of this package',
        found: `module ${spec.module}`,
        where: 'createCropSampler',
        fix: 'Await loadCropSampler(spec), which imports the module, and call what it returns.',
      });
  }
}

function sizeRule(options: CropSizeOptions, scale: Range): SizeRule {
  return { scale: options.scale ?? scale, ratio: options.ratio ?? RATIO, tries: options.tries ?? TRIES };
}

function contrastiveSampler(spec: ContrastiveSpec): CropSampler {
  const rule = {
    ...sizeRule(spec, CONTRASTIVE_SCALE),
    alpha: spec.alpha ?? PAPER_ALPHA,
    legacyClamp: spec.legacyClamp ?? false,
    fallback: spec.fallback ?? 'centre',
  };
  return (width, height, region, random, options) => {
    const { active, box } = spec.box ? { active: true, box: spec.box } : required(region, spec.kind);
    if (!active) return drawRandomResizedCrop(width, height, rule, random, options);
    if (!isOrdered(box)) {
      if (options?.tally !== undefined) {
        options.tally.droppedBoxes++;
        options.tally.imagesWithoutBox++;
      }
      return drawRandomResizedCrop(width, height, rule, random, options);
    }
    return drawContrastiveCrop(width, height, box, rule, random, options);
  };
}

/** A point is as good as a box here, but not an inverted box or one with NaN. */
function isOrdered({ x0, y0, x1, y1 }: CropRegion['box']): boolean {
  return x0 >= 0 && x0 <= x1 && x1 <= 1 && y0 >= 0 && y0 <= y1 && y1 <= 1;
}

function saliencySampler(spec: SaliencySpec): CropSampler {
  const rule = {
    ...sizeRule(spec, SALIENT_SCALE),
    slot: spec.slot ?? 0,
    grid: spec.grid ?? DEFAULT_GRID,
    tau: spec.tau ?? DEFAULT_TAU,
    gamma: spec.gamma ?? 1,
    acceptance: spec.acceptance ?? 'mean',
    minSidePixels: spec.minSidePixels ?? 8,
    minSideShare: spec.minSideShare ?? 0.1,
    centreBeta: spec.centreBeta,
    shareComponent: spec.shareComponent ?? true,
    distinctComponents: spec.distinctComponents ?? true,
  };
  return (width, height, region, random, options) => {
    const { active, heatMap } = required(region, spec.kind);
    if (!active) return drawRandomResizedCrop(width, height, rule, random, options);
    return drawSaliencyCrop(width, height, requiredMap(heatMap), rule, random, options);
  };
}

function boxesSampler(spec: BoxesSpec): CropSampler {
  const rule = { ...sizeRule(spec, CONTRASTIVE_SCALE), margin: spec.margin ?? 0 };
  const { from = 'labels', tau = DEFAULT_TAU, grid = DEFAULT_GRID } = spec;
  return (width, height, region, random, options) => {
    const { active, boxes = [], heatMap } = required(region, spec.kind);
    if (from === 'labels') return drawBoxCrop(width, height, boxes, rule, random, options);
    if (!active) return drawRandomResizedCrop(width, height, rule, random, options);
    const salient = drawSalientBox(requiredMap(heatMap), tau, grid, options?.shared ?? random);
    return drawBoxCrop(width, height, salient, rule, random, options);
  };
}

/** The box of one salient part, drawn in proportion to its saliency; none where the map is uniform. */
function drawSalientBox(heatMap: HeatMap, tau: number, factor: number, random: RandomStream): Box[] {
  const grid = heatMap.grid(factor);
  if (grid.uniform) return [];
  const components = heatMap.components(factor, { tau, gamma: 1 });
  return [componentBox(components, drawComponent(components, 1, true, random), grid)];
}

function required(region: CropRegion | undefined, kind: string): CropRegion {
  if (region !== undefined) return region;
  throw new SceneError({
    code: 'REGION_MISSING',
    expected: `a region for every image that is cropped with kind ${kind}`,
    found: 'none',
    where: 'sampleCrop, region',
    fix: 'Give the loader regions, or choose random-resized crops.',
  });
}

function requiredMap(heatMap: HeatMap | undefined): HeatMap {
  if (heatMap !== undefined) return heatMap;
  throw new SceneError({
    code: 'HEAT_MAP_MISSING',
    expected: 'a heat map for every image that is cropped by its saliency',
    found: 'a region without one',
    where: 'sampleCrop, region.heatMap',
    fix: 'Create the region store with heat maps.',
  });
}

function checked(sampler: CropSampler): CropSampler {
  return (width, height, region, random, options) => {
    checkImageSize(width, height);
    return sampler(width, height, region, random, options);
  };
}

/** Throws unless both sides are positive integers. */
export function checkImageSize(width: number, height: number): void {
  if (Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0) return;
  throw new SceneError({
    code: 'BAD_SIZE',
    expected: 'positive integer width and height of the image',
    found: `${width} x ${height}`,
    where: 'sampleCrop',
    fix: 'Pass the size of the decoded image.',
  });
}
