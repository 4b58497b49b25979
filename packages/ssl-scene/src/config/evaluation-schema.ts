import { z } from 'zod';
import { positive, whole, wholeFromZero } from './number-schema.ts';

const target = z.enum(['images', 'boxes', 'crops']);

/** One value, or several. */
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

/** How networks are judged by their frozen features. */
export const evaluationSchema = z.strictObject({
  everyEpochs: wholeFromZero.default(0).describe('epochs between two kNN measurements in training; 0 = never'),
  on: oneOrMore(target)
    .default('images')
    .describe(
      'images: whole ones; boxes: RoIAlign of the true boxes on a map of the whole image; crops: the true boxes, cut out and resized',
    ),
  size: whole.exactOptional().describe('side to which images and crops are resized; default: that of the views'),
  neighbours: oneOrMore(whole).default(200).describe('k of the kNN; of several the first counts, all are reported'),
  temperature: positive.default(0.1).describe('of the kNN’s votes'),
  knnTestImages: whole.exactOptional().describe('first so many of the test images only'),
  l2: oneOrMore(positive)
    .default(1)
    .describe('penalty of the linear probe, 1/C; of several, a fifth of the bank, held out, chooses'),
  linearIterations: whole.default(1000).describe('most iterations of the logistic regression'),
  boxes: z
    .strictObject({
      most: whole.default(50_000).describe('boxes per set; of more, so many drawn at random'),
      stage: z.string().exactOptional().describe('whose map boxes are read from; default: the last'),
      bins: whole.default(7).describe('bins per side of a box, over which the mean is taken'),
      samplingRatio: whole.exactOptional().describe('points per bin and side; default: as many as it has places'),
    })
    .prefault({})
    .describe('for boxes and crops'),
});

/** What is judged. */
export type EvaluationTarget = z.infer<typeof target>;
