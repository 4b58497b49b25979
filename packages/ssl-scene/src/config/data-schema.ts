import { z } from 'zod';
import { nonNegative, range, whole, wholeFromZero } from './number-schema.ts';

const root = (what: string) => z.string().exactOptional().describe(what);

/** Where the images come from. */
export const dataSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cifar10').describe('CIFAR-10 in its binary format; --data names the folder of .bin files'),
    root: root('folder of data_batch_*.bin and test_batch.bin'),
  }),
  z.strictObject({
    kind: z.literal('cifar100').describe('CIFAR-100 in its binary format'),
    root: root('folder of train.bin and test.bin'),
    labels: z.enum(['fine', 'coarse']).default('fine').describe('which of the two labels counts'),
  }),
  z.strictObject({
    kind: z.literal('stl10').describe('STL-10 in its binary format'),
    root: root('folder of train_X.bin, unlabeled_X.bin …'),
    unlabelled: z.boolean().default(true).describe('learns from the 100,000 unlabelled images too'),
  }),
  z.strictObject({
    kind: z.literal('tiny-imagenet').describe('Tiny ImageNet in its official layout'),
    root: root('folder of wnids.txt, train and val'),
  }),
  z.strictObject({
    kind: z.literal('imagenet').describe('ImageNet (ILSVRC 2012) in its official layout or class folders'),
    root: root('folder of ILSVRC/Data/CLS-LOC, or of train and val'),
    classes: z
      .union([z.enum(['in-100', 'in-200']), z.array(z.string())])
      .exactOptional()
      .describe('subset of the classes: in-100 and in-200 are those of the papers'),
  }),
  z.strictObject({
    kind: z.literal('coco').describe('COCO photos; their labels serve evaluation alone'),
    root: root('folder of annotations/ and the photo folders'),
    year: z.enum(['2014', '2017']).default('2017').describe('which edition'),
    unlabelled: z.boolean().default(false).describe('learns from unlabeled2017 too (COCO+)'),
  }),
  z.strictObject({
    kind: z.literal('image-folder').describe('a folder of pictures, with or without class folders'),
    root: root('the folder; if it holds train/ and val/, these are the two sets'),
    excludeLists: z
      .array(z.string())
      .exactOptional()
      .describe('files of ids to leave out, as `data check --exclude` and `bad-images.txt` of a run list them'),
  }),
  z.strictObject({
    kind: z.literal('synthetic-scenes').describe('generated scenes of several objects, no files needed'),
    images: whole.default(4000).describe('number of training scenes'),
    bankImages: whole.default(2000).describe('labelled single-object images that the evaluators learn from'),
    testImages: whole.default(1000).describe('single-object images that the evaluators are tested on'),
    size: whole.default(64).describe('side of a scene in pixels'),
    classes: whole.default(20).describe('number of kinds of objects'),
    objects: z.tuple([whole, whole]).default([2, 4]).describe('least and greatest number of objects in a scene'),
    objectSize: range.default([0.22, 0.42]).describe('side of an object relative to the scene'),
    clutter: nonNegative.default(1).describe('contrast and density of the background, 1 = as that of objects'),
    seed: wholeFromZero.default(0).describe('another seed gives other scenes'),
  }),
]);
