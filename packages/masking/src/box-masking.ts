import { tf } from '@ssl-scene/tensors';
import { type BlurStrategySpec, blurStrategy } from './blur-strategy.ts';
import { boxMask } from './box-mask.ts';
import { badOption, checkNumber, checkShares, type Range } from './check-option.ts';
import { forEachImage, type NoiseRequest, noiseArray, type ViewNoise } from './mask-noise.ts';
import { checkPlan, type MaskPlan } from './mask-plan.ts';
import { type Masker, makeMasker } from './masker.ts';
import { type MeanStrategySpec, meanStrategy } from './mean-strategy.ts';
import type { Size } from './patch-grid.ts';
import type { Strategy } from './strategy.ts';

/** The box takes 0: the data set's mean colour, since views are normalised. */
export interface ZeroFillSpec {
  readonly kind: 'zero';
}

/** What a box is filled with. */
export type BoxFillSpec = ZeroFillSpec | MeanStrategySpec | BlurStrategySpec;

export interface BlockMaskingOptions {
  /** Which views are masked, by `positive` masks. */
  readonly plan: MaskPlan;
  /** Range of the box's share of the image. Default: [0.05, 0.25], as saliency-guided masking hides. */
  readonly area?: Range;
  /** Range of height by width, drawn evenly on a logarithmic scale. Default: [0.3, 1 / 0.3]. */
  readonly aspect?: Range;
  /** What the box is filled with. Default: `{ kind: 'mean' }`. */
  readonly fill?: BoxFillSpec;
}

export interface CutOutOptions {
  /** Which views are masked, by `positive` masks. */
  readonly plan: MaskPlan;
  /** Side of the square as a share of the image's shorter side. Default: 0.5, the 16 of 32 pixels used for CIFAR-10. */
  readonly side?: number;
  /** What the square is filled with. Default: `{ kind: 'zero' }`. */
  readonly fill?: BoxFillSpec;
}

type DrawBox = (request: NoiseRequest) => Float32Array;

/** Hides one box that lies wholly inside of the image, of random area and aspect (as in random erasing, Zhong et al. 2020). */
export function blockMasking(options: BlockMaskingOptions): Masker {
  const { plan, area = [0.05, 0.25], aspect = [0.3, 1 / 0.3], fill = { kind: 'mean' } } = options;
  checkShares('blockMasking', 'area', area);
  if (!(aspect[0] > 0 && aspect[0] <= aspect[1])) {
    throw badOption('blockMasking', 'aspect', '[low, high] with 0 < low ≤ high', aspect);
  }
  return boxMasking('block', plan, fill, (request) => drawBlocks(request, area, aspect));
}

/** Hides a square around a random pixel; parts of it may lie outside of the image (cutout, DeVries and Taylor 2017). */
export function cutOutMasking(options: CutOutOptions): Masker {
  const { plan, side = 0.5, fill = { kind: 'zero' } } = options;
  checkNumber('cutOutMasking', 'side', side, [0, 1]);
  return boxMasking('cut-out', plan, fill, (request) => drawSquares(request, side));
}

function boxMasking(name: string, plan: MaskPlan, fill: BoxFillSpec, draw: DrawBox): Masker {
  checkPlan(`${name} masking`, plan, ['positive', 'none']);
  const fillOf = fillFunction(name, fill);
  return makeMasker({
    name: `${name}, ${fill.kind}`,
    plan,
    isGuided: false,
    noise: (request): ViewNoise => ({ box: noiseArray(draw(request), request.batch.indices.length, 4) }),
    cover: (view, _salient, noise) => {
      const size: Size = [view.shape[1]!, view.shape[2]!];
      return { mask: boxMask(noise('box'), size), fill: fillOf(view, noise) };
    },
  });
}

function fillFunction(name: string, spec: BoxFillSpec): Strategy['fill'] {
  switch (spec.kind) {
    case 'zero':
      return () => tf.scalar(0);
    case 'mean':
      return meanStrategy().fill;
    case 'blur':
      return blurStrategy(spec).fill;
    default:
      throw badOption(`${name} masking`, 'fill.kind', 'one of zero, mean, blur', (spec as BoxFillSpec).kind);
  }
}

function drawBlocks(request: NoiseRequest, area: Range, aspect: Range): Float32Array {
  const [height, width] = request.size;
  const boxes = new Float32Array(4 * request.batch.indices.length);
  forEachImage(request, 'block', (random, image) => {
    const share = area[0] + (area[1] - area[0]) * random.uniform();
    const ratio = aspect[0] * (aspect[1] / aspect[0]) ** random.uniform();
    const [rows, columns] = blockSize(request.size, share, ratio);
    const top = random.integer(0, height - rows + 1);
    const left = random.integer(0, width - columns + 1);
    boxes.set([top, left, top + rows, left + columns], 4 * image);
  });
  return boxes;
}

/** Where a block would be longer than the image it gets the image's length, and what is missing in the other direction. */
function blockSize([height, width]: Size, share: number, ratio: number): Size {
  const pixels = share * height * width;
  if (pixels === 0) return [0, 0];
  const rows = Math.min(height, Math.max(Math.sqrt(pixels * ratio), pixels / width));
  return [Math.round(rows), Math.round(pixels / rows)];
}

function drawSquares(request: NoiseRequest, share: number): Float32Array {
  const [height, width] = request.size;
  const side = Math.round(share * Math.min(height, width));
  const before = Math.floor(side / 2);
  const boxes = new Float32Array(4 * request.batch.indices.length);
  forEachImage(request, 'cut-out', (random, image) => {
    const top = random.integer(0, height) - before;
    const left = random.integer(0, width) - before;
    boxes.set([top, left, top + side, left + side], 4 * image);
  });
  return boxes;
}
