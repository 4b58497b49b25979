import { z } from 'zod';
import { frozenNetworkFields } from './frozen-network-schema.ts';
import { nonNegative, positive, range, share, whole } from './number-schema.ts';

const shares = range
  .refine(([low, high]) => low >= 0 && high <= 1, 'shares from 0 to 1')
  .describe('least and greatest share, drawn evenly for each image');

const branch = z
  .enum(['query', 'key', 'both'])
  .default('query')
  .describe('which view of a pair is masked: the one that meets the gradient, the other, or both');

const kernel = whole
  .refine((length) => length % 2 === 1, 'an odd number')
  .exactOptional()
  .describe('length of the Gaussian in pixels; default: the paper’s at 224 pixels, in proportion at other sizes');
const sigma = positive.exactOptional().describe('its deviation in pixels; default: in proportion to the kernel');

const highPass = {
  kernel,
  sigma,
  noise: z
    .strictObject({ positive: nonNegative.default(0.18), negative: nonNegative.default(0.14) })
    .exactOptional()
    .describe('deviation of the noise that patches are filled with'),
  focal: share.default(0.2).describe('chance of a window instead of patches'),
  spatial: share.default(0.3).describe('chance, of the others, that all channels lose the same patches'),
  window: z
    .strictObject({ positive: share.default(200 / 224), negative: share.default(130 / 224) })
    .exactOptional()
    .describe('side of the window relative to the view'),
  freshNoise: z.enum(['none', 'focal', 'all']).default('focal').describe('which noise no two images share'),
};

const strategy = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('high-pass').describe('noise, all views without their low frequencies, in evaluation too'),
      ...highPass,
    }),
    z.strictObject({ kind: z.literal('blur').describe('a strongly blurred copy'), kernel, sigma }),
    z.strictObject({ kind: z.literal('mean').describe('the view’s mean colour') }),
  ])
  .prefault({ kind: 'high-pass' });

const stage = z.string().exactOptional().describe('whose activations are summed up; default: the last');

/** What tells which patches of a view are salient. */
const saliency = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('online').describe('the network that learns, without gradient'), stage }),
    z.strictObject({ kind: z.literal('average').describe('its moving average, in MoCo, DenseCL and BYOL'), stage }),
    z.strictObject({
      kind: z.literal('network').describe('a frozen network; the authors’ was trained with labels'),
      ...frozenNetworkFields,
      stage,
      size: whole.exactOptional().describe('side to which views are resized for it; default: as they are'),
    }),
    z.strictObject({ kind: z.literal('heat-maps').describe('those that the section regions keeps') }),
    z.strictObject({ kind: z.literal('object-masks').describe('the data set’s own masks of objects: the oracle') }),
  ])
  .exactOptional()
  .describe('where saliency comes from; default: online, where masks look at it');

const foreground = z
  .union([z.strictObject({ relax: nonNegative }), z.strictObject({ threshold: z.number() })])
  .exactOptional()
  .describe(
    'salient patches: at most relax deviations below the mean, or from a threshold on; default: { relax: 0.6 }, and { threshold: 0.25 } with object-masks',
  );

const boxFill = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('zero').describe('the data set’s mean colour') }),
  z.strictObject({ kind: z.literal('mean').describe('the view’s mean colour') }),
  z.strictObject({ kind: z.literal('blur'), kernel, sigma }),
]);

const grid = whole.default(7).describe('patches along either side');
const positiveRatio = shares.default([0.05, 0.25]).describe('of its patches, that a masked view loses');

/** Masks that hide parts of the views; see `@ssl-scene/masking`. */
export const maskingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('patches').describe('saliency-guided masking, or random patches'),
    branch,
    strategy,
    selection: z
      .enum(['saliency', 'uniform'])
      .default('saliency')
      .describe('the same share of what is salient and of the background, or patches that are all alike'),
    saliency,
    foreground,
    grid,
    positiveRatio,
    backgroundCount: z
      .enum(['total', 'proportional'])
      .default('total')
      .describe('rounding: as the released code, or as the poster'),
    hardNegatives: z
      .boolean()
      .default(false)
      .describe('whether the other view without most of what is salient repels; SimCLR and MoCo'),
    negativeRatio: shares.default([0.4, 0.7]).describe('of its salient patches, that a hard negative loses'),
    rho: positive.default(2).describe('multiplies the similarity to the hard negative'),
    positiveInDenominator: z
      .boolean()
      .default(true)
      .describe('with MoCo’s hard negatives: true as in the released code, false as on the poster'),
    compat: z
      .strictObject({
        rowSortBug: z.boolean().default(false).describe('salient patches move to the right end of their row'),
        sharedNegativeBug: z.boolean().default(false).describe('all images have the first one’s hard negative'),
        negativeCountBug: z.boolean().default(false).describe('a count of -1 masks the background but for one patch'),
        singlePatchBug: z.boolean().default(false).describe('a set of one patch is never masked'),
      })
      .exactOptional()
      .describe('faults of the released code, to replicate it'),
  }),
  z.strictObject({
    kind: z.literal('mscn').describe('the baseline Masked Siamese ConvNets: random patches of both views, high-pass'),
    strategy: z.strictObject(highPass).prefault({}),
    grid,
    positiveRatio,
  }),
  z.strictObject({
    kind: z.literal('block').describe('one box inside of the view'),
    branch,
    area: shares.default([0.05, 0.25]).describe('of the box, relative to the view'),
    aspect: z
      .tuple([positive, positive])
      .refine(([low, high]) => low <= high, 'the first must not exceed the second')
      .default([0.3, 1 / 0.3])
      .describe('height over width'),
    fill: boxFill.prefault({ kind: 'mean' }),
  }),
  z.strictObject({
    kind: z.literal('cut-out').describe('a square around a random pixel'),
    branch,
    side: share.default(0.5).describe('relative to the view'),
    fill: boxFill.prefault({ kind: 'zero' }),
  }),
]);

/** The section `masking` of a configuration. */
export type MaskingConfig = z.infer<typeof maskingSchema>;
