import { z } from 'zod';
import { nonNegative, positive, share, whole, wholeFromZero } from './number-schema.ts';

const head = z
  .enum(['none', 'linear', 'plain', 'simclr-v1', 'simclr-v2', 'openselfsup'])
  .describe('form of the projector');
const initialisation = z.enum(['pytorch', 'openselfsup']).exactOptional().describe('fresh values of the heads');
const hidden = whole.exactOptional().describe('width of the head’s hidden layers; default: that of the features');
const forward = z.enum(['joint', 'per-view']).default('joint').describe('which views share batch-norm statistics');
const symmetric = z.boolean().describe('whether each view is once the query and once the key');
const splits = whole.default(1).describe('batch-norm groups, among which the keys’ images are shuffled');
const queueLength = whole.describe('embeddings kept from earlier batches');
const separatePredictors = z.boolean().default(false).describe('a predictor for each role of pairs');
const temperature = positive.describe('divides the similarities');

/** How views are compared; each kind is a function of `@ssl-scene/frameworks` and has its options. */
export const frameworkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('simclr'),
    temperature: temperature.default(0.5),
    baseTemperature: positive.exactOptional().describe('multiplies the loss by temperature / baseTemperature'),
    head: head.default('plain'),
    hidden,
    dimension: whole.default(128).describe('of the embeddings'),
    forward,
  }),
  z.strictObject({
    kind: z.literal('moco'),
    version: z.enum(['v1', 'v2']).default('v2').describe('decides the defaults of head and temperature'),
    head: head.exactOptional(),
    initialisation,
    hidden,
    dimension: whole.default(128).describe('of the embeddings'),
    temperature: temperature.exactOptional(),
    queueLength: queueLength.default(65_536),
    momentum: share.default(0.999).describe('of the key encoder'),
    symmetric: symmetric.default(false),
    splits,
  }),
  z.strictObject({
    kind: z.literal('byol'),
    variant: z
      .enum(['official', 'openselfsup', 'contrastive-crop'])
      .default('openselfsup')
      .describe('whose code decides the defaults of what follows'),
    hidden,
    dimension: whole.exactOptional().describe('of projections and predictions'),
    predictorHidden: whole.exactOptional(),
    lastBias: z.boolean().exactOptional(),
    initialisation,
    momentum: share.exactOptional().describe('of the target at the start'),
    momentumSchedule: z.enum(['cosine', 'constant']).exactOptional(),
    targetUpdate: z.enum(['after-step', 'before-forward']).exactOptional(),
    targetStart: z.enum(['copy', 'random']).exactOptional(),
    loss: z.enum(['squared', 'cosine']).exactOptional(),
    symmetric: symmetric.default(true),
    separatePredictors,
  }),
  z.strictObject({
    kind: z.literal('simsiam'),
    dimension: whole.default(2048).describe('of the projections'),
    predictorHidden: whole.exactOptional().describe('default: a quarter of dimension'),
    fixedPredictorRate: z.boolean().default(true).describe('the predictor keeps the initial learning rate'),
    symmetric: symmetric.default(true),
    separatePredictors,
  }),
  z.strictObject({
    kind: z.literal('barlow-twins'),
    hidden: whole.default(8192),
    dimension: whole.exactOptional().describe('default: hidden'),
    lambda: nonNegative.default(0.0051).describe('weight of the off-diagonal terms'),
  }),
  z.strictObject({
    kind: z.literal('vicreg'),
    hidden: whole.default(8192),
    dimension: whole.exactOptional().describe('default: hidden'),
    lambda: nonNegative.default(25).describe('weight of the distance'),
    mu: nonNegative.default(25).describe('weight of the variance'),
    nu: nonNegative.default(1).describe('weight of the covariance'),
  }),
  z.strictObject({
    kind: z.literal('nnclr'),
    hidden: whole.default(2048),
    dimension: whole.default(256),
    predictorHidden: whole.default(4096),
    temperature: temperature.default(0.1),
    queueLength: queueLength.default(98_304),
    separatePredictors,
  }),
  z.strictObject({
    kind: z.literal('densecl'),
    hidden,
    dimension: whole.default(128),
    temperature: temperature.default(0.2),
    denseShare: share.default(0.5).describe('of the dense loss; the global one has the rest'),
    queueLength: queueLength.default(65_536),
    momentum: share.default(0.999).describe('of the key encoder'),
    splits,
  }),
  z.strictObject({
    kind: z.literal('swav'),
    hidden: whole.default(2048),
    dimension: whole.default(128),
    prototypes: whole.default(3000),
    temperature: temperature.default(0.1),
    epsilon: positive.default(0.05).describe('sharpness of the assignment'),
    sinkhornIterations: whole.default(3),
    queueLength: wholeFromZero.default(0).describe('embeddings kept per view; 0 for none'),
    queueStartEpoch: wholeFromZero.default(15),
    freezePrototypesSteps: wholeFromZero.default(313),
    forward,
  }),
  z.strictObject({
    kind: z.literal('dino'),
    hidden: whole.default(2048),
    headNorm: z.boolean().default(false).describe('batch norm in the head'),
    dimension: whole.default(256),
    prototypes: whole.default(65_536).describe('number of outputs'),
    studentTemperature: temperature.default(0.1),
    teacherTemperature: temperature.default(0.04),
    teacherTemperatureStart: temperature.default(0.04),
    teacherTemperatureWarmupEpochs: wholeFromZero.default(0),
    centerMomentum: share.default(0.9),
    momentum: share.default(0.996).describe('of the teacher at the start'),
    freezeLastLayerEpochs: wholeFromZero.default(1),
    forward,
  }),
]);
