import { z } from 'zod';
import { dataSchema } from './data-schema.ts';
import { evaluationSchema } from './evaluation-schema.ts';
import { frameworkSchema } from './framework-schema.ts';
import { loadingSchema } from './loading-schema.ts';
import { maskingSchema } from './masking-schema.ts';
import { positive, rgb, whole, wholeFromZero } from './number-schema.ts';
import { optimiserSchema, scheduleSchema } from './optimiser-schema.ts';
import { regionsSchema } from './regions-schema.ts';
import { viewsSchema } from './views-schema.ts';

/**
 * The configuration of a run: one schema that gives the TypeScript types, the checking of YAML files, the help text and
 * a JSON schema. Every field has a description; defaults are filled in when a file is read.
 */
export const configSchema = z.strictObject({
  name: z.string().default('run').describe('appears in logs and reports'),
  source: z.string().exactOptional().describe('where the values come from'),
  data: dataSchema,
  loading: loadingSchema.prefault({}).describe('how images come from the disk'),
  framework: frameworkSchema,
  backbone: z.strictObject({
    depth: z.union([z.literal(18), z.literal(34), z.literal(50), z.literal(101), z.literal(152)]).default(18),
    width: whole.default(64).describe('channels of the first stage'),
    stem: z.enum(['small', 'imagenet']).default('small').describe('3×3 without pooling, or 7×7 with'),
    zeroInitResidual: z.boolean().default(false).describe('residual branches start silent, as SimSiam’s'),
    initialisation: z.enum(['fan-out', 'fan-in']).default('fan-out').describe('spread of fresh filters'),
  }),
  views: viewsSchema,
  normalise: z.strictObject({ mean: rgb, std: rgb }).describe('of pixels in [0, 1]'),
  optimiser: optimiserSchema,
  schedule: scheduleSchema.default({ kind: 'epoch-cosine' }),
  regions: regionsSchema.exactOptional().describe('boxes and heat maps; only for crops that use them'),
  masking: maskingSchema.exactOptional().describe('masks that hide parts of the views'),
  training: z.strictObject({
    epochs: whole,
    batchSize: whole,
    seed: wholeFromZero.default(0),
    workers: wholeFromZero.default(1).describe('threads that make views; 0 = the main thread'),
    precision: z.enum(['float32', 'bfloat16']).default('float32'),
    accumulate: whole.default(1).describe('batches per step, whose gradients are added up'),
    clipGradients: z
      .strictObject({
        kind: z.enum(['joint', 'each']).default('joint').describe('all gradients by one factor, or each for itself'),
        limit: positive.describe('largest Euclidean norm'),
      })
      .exactOptional(),
    cacheMegabytes: wholeFromZero.default(0).describe('memory for decoded images, so that they are decoded once'),
    watchEvery: wholeFromZero.default(25).describe('steps between two looks for collapse; 0 = never'),
    checkpointEvery: whole.default(1).describe('epochs between two checkpoints'),
    keepLast: whole.default(2).describe('checkpoints kept'),
    keepBest: z
      .strictObject({
        metric: z.string().describe('knn, where evaluation.everyEpochs is set, or a mean of the epoch such as loss'),
        mode: z.enum(['max', 'min']).default('max').describe('which is better'),
      })
      .exactOptional()
      .describe('a checkpoint that is kept besides the newest'),
    tensorBoard: z.boolean().default(true).describe('whether TensorBoard’s event files are written'),
  }),
  evaluation: evaluationSchema.prefault({}),
});

/** A complete configuration. */
export type Config = z.infer<typeof configSchema>;

/** The JSON schema of {@link Config}, for editors. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
