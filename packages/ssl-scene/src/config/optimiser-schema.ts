import { z } from 'zod';
import { nonNegative, positive, share, whole } from './number-schema.ts';

const learningRate = positive.describe('rate that the schedule starts from');
const exclude = z.enum(['none', 'bias-and-norm']).describe('what has no weight decay');
const momentum = share.default(0.9);

export const optimiserSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    learningRate,
    momentum,
    nesterov: z.boolean().default(false),
    weightDecay: nonNegative.default(1e-4),
    exclude: exclude.default('none'),
  }),
  z.strictObject({
    kind: z.literal('lars'),
    learningRate,
    momentum,
    weightDecay: nonNegative.default(1e-6),
    eta: positive.default(0.001).describe('trust coefficient'),
    form: z.enum(['openSelfSup', 'simclr']).default('openSelfSup'),
    exclude: exclude.default('bias-and-norm'),
  }),
  z.strictObject({
    kind: z.literal('adamw'),
    learningRate,
    weightDecay: nonNegative.default(0.01),
    exclude: exclude.default('bias-and-norm'),
  }),
  z.strictObject({
    kind: z.literal('lamb'),
    learningRate,
    weightDecay: nonNegative.default(0.01),
    exclude: exclude.default('bias-and-norm'),
  }),
]);

const warmupEpochs = nonNegative.default(0);

/** How the learning rate changes. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('epoch-cosine').describe('to 0, constant within an epoch (MoCo, SimSiam)') }),
  z.strictObject({
    kind: z.literal('contrastive-crop-cosine').describe('to a share of the rate, constant within an epoch'),
    decayRate: share.default(0.1),
  }),
  z.strictObject({
    kind: z.literal('multi-step'),
    milestones: z.array(whole).describe('epochs, counted from 1, after which the rate drops'),
    decayRate: share.default(0.1),
  }),
  z.strictObject({
    kind: z.literal('step-cosine').describe('to a share of the rate, at every step (SimCLR, BYOL, SwAV)'),
    warmupEpochs,
    decayRate: share.default(0),
  }),
  z.strictObject({ kind: z.literal('openselfsup-cosine'), warmupEpochs, warmupRatio: positive.default(1e-4) }),
]);
