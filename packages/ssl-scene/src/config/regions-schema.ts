import { z } from 'zod';
import { frozenNetworkSchema } from './frozen-network-schema.ts';
import { positive, share, whole, wholeFromZero } from './number-schema.ts';

/** What is known of each image for crops that look at it: a box and, where it is needed, a heat map. */
export const regionsSchema = z.strictObject({
  source: z
    .enum(['network', 'minimum-barrier', 'colour-distribution', 'spectral-residual'])
    .default('network')
    .describe('what makes the heat maps: a network, or colours alone, once before the first step'),
  network: z
    .union([z.enum(['online', 'average']), frozenNetworkSchema])
    .exactOptional()
    .describe('the one that learns (default), its moving average (MoCo, BYOL …), or a file: one that stays as it is'),
  size: whole.describe('side to which whole images are resized for the heat maps'),
  threshold: z
    .union([
      share,
      z.literal('otsu'),
      z.strictObject({ percentile: z.number().min(0).max(100) }),
      z.strictObject({ deviations: z.number() }),
    ])
    .default(0.1)
    .describe('k: places above it are active; or a rule that adapts to the map'),
  component: z
    .enum(['all', 'largest'])
    .default('all')
    .describe('whether the box holds all active places, or the largest part that hangs together'),
  warmup: wholeFromZero
    .exactOptional()
    .describe('epochs of plain crops first; default a fifth of the run, and none where maps cannot change'),
  interval: whole
    .exactOptional()
    .describe('epochs between two refreshes; for a network that learns, default a fifth of the run'),
  stage: z
    .string()
    .exactOptional()
    .describe('whose activations make the heat map; only with a network, default layer4'),
  reduce: z.enum(['sum', 'mean', 'l2']).exactOptional().describe('over channels; only with a network, default sum'),
  flip: z.boolean().exactOptional().describe('whether the network also looks at images mirrored, maps averaged'),
  scales: z
    .array(positive)
    .min(1)
    .exactOptional()
    .describe('sizes at which the network looks, factors of size, maps averaged'),
  minimumBarrier: z
    .strictObject({
      longestSide: whole.default(200).describe('longer side that larger images are reduced to'),
      borderColours: z.boolean().default(true).describe('whether colours unlike those of the borders count'),
      centrePrior: z.boolean().default(false).describe('whether places near the middle count more'),
      smooth: z.boolean().default(true).describe('levels out small spots; false where objects are small'),
    })
    .exactOptional()
    .describe('how that source finds its maps'),
  heatMaps: z
    .boolean()
    .exactOptional()
    .describe('whether maps are kept beside the boxes; default: where crops or weights need them'),
  mapSize: whole
    .exactOptional()
    .describe('side of the kept maps; default that of the stage’s map, and 16 without a network'),
  edges: z.enum(['full', 'last-index']).default('full').describe('`last-index` as the released code'),
});
