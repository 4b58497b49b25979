import { closest, SceneError } from '@ssl-scene/errors';
import { z } from 'zod';

/**
 * The configuration of a run: one schema that gives the TypeScript types, the checking of YAML files, the help text and
 * a JSON schema. Every field has a description; defaults are filled in when a file is read.
 */

const positive = z.number().positive();
const whole = z.number().int().positive();
const probability = z.number().min(0).max(1);
const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, 'the first must not exceed the second');
const rgb = z.tuple([z.number(), z.number(), z.number()]);

const dataSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cifar10').describe('CIFAR-10 in its binary format; --data names the folder of .bin files'),
    root: z.string().optional().describe('folder of data_batch_*.bin and test_batch.bin'),
  }),
  z.strictObject({
    kind: z.literal('cifar100').describe('CIFAR-100 in its binary format'),
    root: z.string().optional().describe('folder of train.bin and test.bin'),
    labels: z.enum(['fine', 'coarse']).default('fine').describe('which of the two labels counts'),
  }),
  z.strictObject({
    kind: z.literal('image-folder').describe('a folder of pictures, with or without class folders'),
    root: z.string().optional().describe('the folder; if it holds train/ and val/, these are the two sets'),
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
    clutter: z.number().min(0).default(1).describe('contrast and density of the background, 1 = as that of objects'),
    seed: z.number().int().nonnegative().default(0).describe('another seed gives other scenes'),
  }),
]);

const cropSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('random-resized').describe('torchvision’s RandomResizedCrop'),
    scale: range.default([0.2, 1]).describe('area relative to the image'),
    ratio: range.default([3 / 4, 4 / 3]).describe('width over height'),
  }),
  z.strictObject({
    kind: z.literal('contrastive').describe('ContrastiveCrop: centres drawn by a U-shaped Beta in the heat map’s box'),
    alpha: positive.default(0.6).describe('both parameters of the Beta; below 1 centres keep apart, 1 is uniform'),
    scale: range.default([0.2, 1]).describe('area relative to the image'),
    ratio: range.default([3 / 4, 4 / 3]).describe('width over height'),
    legacyClamp: z
      .boolean()
      .default(false)
      .describe('the released code before its fix, which the paper’s numbers used'),
  }),
  z.strictObject({
    kind: z.literal('boxes').describe('crops at true boxes: the oracle, for data sets that have boxes'),
    scale: range.default([0.2, 1]).describe('area relative to the box'),
    ratio: range.default([3 / 4, 4 / 3]).describe('width over height'),
    margin: z.number().min(0).default(0).describe('grows the box by this share on every side'),
  }),
]);

const augmentationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('horizontal-flip'), p: probability.default(0.5) }),
  z.strictObject({
    kind: z.literal('colour-jitter'),
    brightness: z.number().min(0),
    contrast: z.number().min(0),
    saturation: z.number().min(0),
    hue: z.number().min(0).max(0.5),
    p: probability.default(0.8),
  }),
  z.strictObject({ kind: z.literal('grayscale'), p: probability.default(0.2) }),
  z.strictObject({
    kind: z.literal('gaussian-blur'),
    sigma: range.default([0.1, 2]),
    p: probability.default(0.5),
    method: z.enum(['gaussian', 'pillow']).default('gaussian'),
  }),
  z.strictObject({ kind: z.literal('solarize'), threshold: z.number().default(128), p: probability.default(0.2) }),
]);

const frameworkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('simclr'),
    temperature: positive.default(0.5),
    baseTemperature: positive.optional().describe('multiplies the loss by temperature / baseTemperature'),
    head: z.enum(['plain', 'simclr-v1', 'simclr-v2', 'openselfsup']).default('plain').describe('form of the projector'),
    dimension: whole.default(128).describe('of the embeddings'),
  }),
]);

const learningRate = positive.describe('rate that the schedule starts from');
const weightDecay = z.number().min(0);
const exclude = z.enum(['none', 'bias-and-norm']).describe('what has no weight decay');

const optimiserSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    learningRate,
    momentum: z.number().min(0).max(1).default(0.9),
    nesterov: z.boolean().default(false),
    weightDecay: weightDecay.default(1e-4),
    exclude: exclude.default('none'),
  }),
  z.strictObject({
    kind: z.literal('lars'),
    learningRate,
    momentum: z.number().min(0).max(1).default(0.9),
    weightDecay: weightDecay.default(1e-6),
    eta: positive.default(0.001).describe('trust coefficient'),
    form: z.enum(['openSelfSup', 'simclr']).default('openSelfSup'),
    exclude: exclude.default('bias-and-norm'),
  }),
  z.strictObject({
    kind: z.literal('adamw'),
    learningRate,
    weightDecay: weightDecay.default(0.01),
    exclude: exclude.default('bias-and-norm'),
  }),
]);

const warmupEpochs = z.number().min(0).default(0);

const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('epoch-cosine').describe('to 0, constant within an epoch (MoCo, SimSiam)') }),
  z.strictObject({
    kind: z.literal('contrastive-crop-cosine').describe('to a share of the rate, constant within an epoch'),
    decayRate: z.number().min(0).max(1).default(0.1),
  }),
  z.strictObject({
    kind: z.literal('multi-step'),
    milestones: z.array(whole).describe('epochs, counted from 1, after which the rate drops'),
    decayRate: z.number().min(0).max(1).default(0.1),
  }),
  z.strictObject({ kind: z.literal('step-cosine').describe('to 0 at every step (SimCLR, BYOL)'), warmupEpochs }),
  z.strictObject({ kind: z.literal('openselfsup-cosine'), warmupEpochs, warmupRatio: positive.default(1e-4) }),
]);

export const configSchema = z.strictObject({
  name: z.string().default('run').describe('appears in logs and reports'),
  source: z.string().optional().describe('where the values come from'),
  data: dataSchema,
  framework: frameworkSchema,
  backbone: z.strictObject({
    depth: z.union([z.literal(18), z.literal(34), z.literal(50), z.literal(101), z.literal(152)]).default(18),
    width: whole.default(64).describe('channels of the first stage'),
    stem: z.enum(['small', 'imagenet']).default('small').describe('3×3 without pooling, or 7×7 with'),
  }),
  views: z.strictObject({
    size: whole.describe('side of a view in pixels'),
    crop: cropSchema,
    augmentations: z.array(augmentationSchema),
  }),
  normalise: z.strictObject({ mean: rgb, std: rgb }).describe('of pixels in [0, 1]'),
  optimiser: optimiserSchema,
  schedule: scheduleSchema.default({ kind: 'epoch-cosine' }),
  regions: z
    .strictObject({
      size: whole.describe('side to which whole images are resized for the heat maps'),
      threshold: z.number().min(0).max(1).default(0.1).describe('k: places above it are active'),
      warmup: z.number().int().min(0).describe('epochs of plain crops first'),
      interval: whole.describe('epochs between two refreshes'),
      stage: z.string().default('layer4').describe('whose activations make the heat map'),
      reduce: z.enum(['sum', 'mean', 'l2']).default('sum').describe('over channels'),
      heatMaps: z.boolean().default(false).describe('kept beside the boxes, for reports'),
      edges: z.enum(['full', 'last-index']).default('full').describe('`last-index` as the released code'),
    })
    .optional()
    .describe('heat-map boxes; only for crops that use them'),
  training: z.strictObject({
    epochs: whole,
    batchSize: whole,
    seed: z.number().int().nonnegative().default(0),
    workers: z.number().int().nonnegative().default(1).describe('threads that make views; 0 = the main thread'),
    precision: z.enum(['float32', 'bfloat16']).default('float32'),
    checkpointEvery: whole.default(1).describe('epochs between two checkpoints'),
    keepLast: whole.default(2).describe('checkpoints kept'),
  }),
  evaluation: z
    .strictObject({
      neighbours: whole.default(200).describe('k of the kNN'),
      temperature: positive.default(0.1).describe('of the kNN’s votes'),
      knnTestImages: whole.optional().describe('first so many of the test images only'),
      linearIterations: whole.default(200).describe('most iterations of the logistic regression'),
    })
    .prefault({}),
});

/** A complete configuration. */
export type Config = z.infer<typeof configSchema>;

/** Checks a configuration and fills in defaults; unknown keys are errors with a suggestion. */
export function parseConfig(value: unknown, where: string): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  // A misspelled key often makes another one missing; the misspelling is what helps.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const near = closest(key, keysAt(configSchema, issue.path, value));
    throw new SceneError({
      code: 'UNKNOWN_KEY',
      expected: `a key that ${path === '' ? 'a configuration' : `"${path}"`} has`,
      found: JSON.stringify(key),
      where,
      fix: near ? `Did you mean "${near}"?` : 'Remove it; `ssl-scene presets --schema` lists all keys.',
    });
  }
  throw new SceneError({
    code: 'CONFIG_VALUE',
    expected: issue.message.replace(/^Invalid input: expected /, ''),
    found: describeValue(valueAt(value, issue.path)),
    where: `${where}: ${path || 'the whole file'}`,
    fix: 'Correct the value; `ssl-scene presets --schema` describes every key.',
  });
}

/** The JSON schema of {@link Config}, for editors. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function describeValue(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Keys that the schema allows at a path; in a union, those of the variant that the value chose. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let current: z.ZodType = schema;
  let inner: unknown = value;
  for (const key of path) {
    current = child(unwrap(current, inner), key);
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  const object = unwrap(current, inner);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: z.ZodType, value: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType, value);
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const kind = (value as { kind?: unknown } | undefined)?.kind;
  const chosen = schema.options.find((option) => {
    const { kind: literal } = (option as z.ZodObject).shape as { kind?: z.ZodLiteral };
    return literal?.value === kind;
  });
  return (chosen ?? schema.options[0]) as z.ZodType;
}

function child(schema: z.ZodType, key: PropertyKey): z.ZodType {
  if (schema instanceof z.ZodObject) return schema.shape[key as string] as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema;
}
