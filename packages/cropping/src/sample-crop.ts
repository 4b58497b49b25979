import { SceneError } from '@ssl-scene/errors';
import type { RandomStream } from '@ssl-scene/random';
import { drawBoxCrop } from './box-crop.ts';
import { drawContrastiveCrop } from './contrastive-crop.ts';
import type { Crop } from './crop.ts';
import type { CropRegion } from './crop-region.ts';
import type { CropOptions, CropSampler } from './crop-sampler.ts';
import type { SizeRule } from './crop-size.ts';
import type { BoxesSpec, ContrastiveSpec, CropSizeOptions, CropSpec, Range } from './crop-spec.ts';
import { checkCropSpec } from './crop-spec-check.ts';
import { drawRandomResizedCrop } from './random-resized-crop.ts';

const TORCHVISION_SCALE: Range = [0.08, 1];
const CONTRASTIVE_SCALE: Range = [0.2, 1];
const RATIO: Range = [3 / 4, 4 / 3];
const TRIES = 10;
const PAPER_ALPHA = 0.6;

/**
 * Draws one crop.
 *
 * @param spec how; kind `module` must be loaded by `loadCropSampler` first
 * @param width of the image in pixels
 * @param height of the image in pixels
 * @param region what is known of the image; `contrastive` and `boxes` need one
 * @param random where all draws come from, but those that `options.shared` is for
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, BAD_VALUE, BAD_SIZE, REGION_MISSING, MODULE_NOT_LOADED
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
  };
  return (width, height, region, random, options) => {
    const { active, box } = required(region, spec.kind);
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

function boxesSampler(spec: BoxesSpec): CropSampler {
  const rule = { ...sizeRule(spec, CONTRASTIVE_SCALE), margin: spec.margin ?? 0 };
  return (width, height, region, random, options) =>
    drawBoxCrop(width, height, required(region, spec.kind).boxes ?? [], rule, random, options);
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
