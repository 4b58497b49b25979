import { z } from 'zod';
import { positive, whole } from './number-schema.ts';

/** How images come from the disk to the views. */
export const loadingSchema = z.strictObject({
  jpeg: z
    .enum(['auto', 'native', 'sharp'])
    .default('auto')
    .describe(
      'who decodes JPEG files, to the same pixels: the native library (about 1.6 times as fast), sharp, or auto: the native library where the run computes with it',
    ),
  shortSide: whole
    .exactOptional()
    .describe(
      'images whose shorter side is longer are resized to it before views are cut, which changes the views; default: none are',
    ),
  pack: z
    .string()
    .min(1)
    .default('off')
    .describe(
      'decode once, into one file that later epochs and runs read: off, auto (a file in the user’s cache folder, where the data are picture files and it has room), or the path of a file; changes no view',
    ),
  onBadImage: z
    .enum(['skip', 'quarantine', 'throw'])
    .default('skip')
    .describe(
      'an image that cannot be read is left out and listed (skip), also not touched again (quarantine), or ends the run (throw)',
    ),
  imageTimeLimit: positive
    .default(60)
    .describe(
      'seconds that a thread may take for the views of one image; then the image counts as one that cannot be read',
    ),
});

export type LoadingConfig = z.infer<typeof loadingSchema>;
