import { z } from 'zod';
import { whole } from './number-schema.ts';

const backbone = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('resnet'),
    depth: z.union([z.literal(18), z.literal(34), z.literal(50), z.literal(101), z.literal(152)]).default(50),
    width: whole.default(64).describe('channels of the first stage'),
    stem: z.enum(['small', 'imagenet']).default('imagenet'),
  }),
  z.strictObject({
    kind: z.literal('cifar-resnet').describe('6n + 2 layers for 32 pixels'),
    depth: whole.default(20),
    width: whole.default(16),
  }),
  z.strictObject({ kind: z.literal('squeezenet').describe('SqueezeNet 1.0') }),
]);

/** What names a network that stays as it is. */
export const frozenNetworkFields = {
  file: z.string().describe('safetensors file in PyTorch’s names'),
  backbone: backbone.prefault({ kind: 'resnet' }),
  prefix: z.string().exactOptional().describe('stands before the backbone’s names in the file'),
};

export const frozenNetworkSchema = z.strictObject(frozenNetworkFields);

export type FrozenNetworkConfig = z.infer<typeof frozenNetworkSchema>;
