import { z } from 'zod';
import { range, share } from './number-schema.ts';

const strength = (most?: number) =>
  z.union([most === undefined ? z.number().min(0) : z.number().min(0).max(most), range]).describe('strength, or range');

/** One random change of a view; see `@ssl-scene/augmentations`. */
export const augmentationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('horizontal-flip'), p: share.default(0.5) }),
  z.strictObject({ kind: z.literal('vertical-flip'), p: share.default(0.5) }),
  z.strictObject({
    kind: z.literal('colour-jitter'),
    brightness: strength(),
    contrast: strength(),
    saturation: strength(),
    hue: strength(0.5),
    p: share.default(0.8),
  }),
  z.strictObject({ kind: z.literal('grayscale'), p: share.default(0.2) }),
  z.strictObject({
    kind: z.literal('gaussian-blur'),
    sigma: range.default([0.1, 2]).describe('of the blur, in pixels'),
    p: share.default(0.5),
    method: z.enum(['gaussian', 'pillow']).default('gaussian').describe('true Gaussian, or three box passes'),
  }),
  z.strictObject({ kind: z.literal('solarize'), threshold: z.number().default(128), p: share.default(0.2) }),
  z.strictObject({ kind: z.literal('posterize'), bits: z.number().int().min(0).max(8), p: share.default(0.5) }),
  z.strictObject({ kind: z.literal('equalize'), p: share.default(0.5) }),
  z.strictObject({ kind: z.literal('autocontrast'), p: share.default(0.5) }),
  z.strictObject({ kind: z.literal('rotation'), degrees: z.union([z.number().min(0), range]), p: share.default(1) }),
]);
