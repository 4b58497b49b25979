import { z } from 'zod';
import { augmentationSchema } from './augmentation-schema.ts';
import { cropSchema } from './crop-schema.ts';
import { whole } from './number-schema.ts';

const size = whole.describe('side of a view in pixels');

/** The views of an image: two large ones, and any number of small ones. */
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
});
