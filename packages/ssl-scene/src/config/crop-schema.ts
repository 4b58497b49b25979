import { z } from 'zod';
import { positive, range, share, whole } from './number-schema.ts';

const ratio = range.default([3 / 4, 4 / 3]).describe('width over height');
const scale = range.default([0.2, 1]).describe('area relative to the image');

/** How crops are chosen; see `@ssl-scene/cropping`. */
export const cropSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('random-resized').describe('torchvision’s RandomResizedCrop'),
    scale,
    ratio,
  }),
  z.strictObject({
    kind: z.literal('contrastive').describe('ContrastiveCrop: centres drawn by a U-shaped Beta in the heat map’s box'),
    alpha: positive.default(0.6).describe('both parameters of the Beta; below 1 centres keep apart, 1 is uniform'),
    scale,
    ratio,
    legacyClamp: z
      .boolean()
      .default(false)
      .describe('the released code before its fix, which the paper’s numbers used'),
    box: z
      .strictObject({ x0: share, y0: share, x1: share, y1: share })
      .exactOptional()
      .describe('the same for all images, instead of the heat map’s: the middle half of each side is SimCCrop'),
    fallback: z.enum(['centre', 'box']).default('centre').describe('where no size fits'),
  }),
  z.strictObject({
    kind: z
      .literal('saliency')
      .describe('SGCL-style: centres drawn by saliency in parts of the heat map; reconstructed from an abstract'),
    scale: range.default([0.05, 0.4]).describe('area relative to the image'),
    ratio,
    grid: whole.default(8).describe('cells for each place of the map, along either side'),
    tau: share.default(0.5).describe('places of at least this saliency can be centres'),
    gamma: positive.default(1).describe('places are drawn in proportion to saliency to this power'),
    acceptance: z.enum(['mean', 'off']).default('mean').describe('whether crops must be as salient as the image'),
    minSidePixels: whole.default(8).describe('no side of a crop is shorter than this'),
    minSideShare: share.default(0.1).describe('nor than this share of the image’s shorter side'),
    centreBeta: positive.exactOptional().describe('ContrastiveCrop’s centres in the part’s box'),
    shareComponent: z.boolean().default(true).describe('whether both views look at one part'),
    distinctComponents: z.boolean().default(true).describe('whether pairs of views look at different parts'),
  }),
  z.strictObject({
    kind: z
      .literal('boxes')
      .describe('crops at boxes: true ones (the oracle), or those of the heat map’s salient parts'),
    from: z.enum(['labels', 'heat-map']).default('labels').describe('where the boxes come from'),
    tau: share.default(0.5).describe('with heat-map: places of at least this saliency belong to a part'),
    grid: whole.default(8).describe('with heat-map: cells for each place of the map, along either side'),
    scale: range.default([0.2, 1]).describe('area relative to the box'),
    ratio,
    margin: z.number().min(0).default(0).describe('grows the box by this share on every side'),
  }),
]);
