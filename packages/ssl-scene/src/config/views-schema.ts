import { z } from 'zod';
import { augmentationSchema } from './augmentation-schema.ts';
import { cropSchema } from './crop-schema.ts';
import { nonNegative, positive, whole } from './number-schema.ts';

const size = whole.describe('side of a view in pixels');

/** The views of an image: two large ones, any number of small ones, and pairs of salient ones. */
export const viewsSchema = z.strictObject({
  size,
  crop: cropSchema,
  augmentations: z.array(augmentationSchema),
  second: z
    .strictObject({
      crop: cropSchema.exactOptional(),
      augmentations: z.array(augmentationSchema).exactOptional(),
    })
    .exactOptional()
    .describe('what is different in the second view, as in BYOL'),
  small: z
    .strictObject({
      count: whole.describe('number of small views'),
      size,
      crop: cropSchema,
      augmentations: z.array(augmentationSchema),
    })
    .exactOptional()
    .describe('multi-crop, for frameworks that know small views: SwAV, DINO'),
  salient: z
    .strictObject({
      count: whole.default(2).describe('number of pairs (K)'),
      size,
      crop: cropSchema,
      augmentations: z.array(augmentationSchema).exactOptional().describe('default: those of the large views'),
    })
    .exactOptional()
    .describe('more pairs of views around salient parts, compared among themselves: SGCL-style, from an abstract'),
  weighting: z
    .strictObject({
      score: z
        .enum(['geometric', 'product', 'mean', 'min'])
        .default('geometric')
        .describe('how the saliency of two crops becomes that of their pair'),
      eps: positive.max(1).default(0.05).describe('no pair scores less'),
      power: nonNegative.default(1).describe('of the scores; 0 makes all weights 1'),
      normalise: z
        .enum(['image', 'batch', 'none'])
        .exactOptional()
        .describe('among which pairs weight is moved; default image from two weighted pairs on, otherwise batch'),
      global: z.boolean().default(true).describe('whether the large views’ pair is weighted too'),
    })
    .exactOptional()
    .describe('lets pairs of salient crops count more in the loss: SGCL-style, from an abstract'),
});
