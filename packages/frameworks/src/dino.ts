import type { Backbone } from '@ssl-scene/backbones';
import { dinoTarget, nextDinoCenter, softCrossEntropy } from '@ssl-scene/losses';
import {
  type BufferSpec,
  batchNorm,
  type Context,
  constant,
  emaCosine,
  gelu,
  linearLayer,
  linearRamp,
  type Module,
  parameter,
} from '@ssl-scene/nn';
import { l2Normalize, logSoftmax, type Tensor, tf } from '@ssl-scene/tensors';
import { checkCounts, checkShares, checkTemperatures } from './check-option.ts';
import { embed, type ForwardMode } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import { scalarInput } from './host-input.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { copyToFollowers, movingAverage } from './moving-average.ts';
import { type MultiCropRoles, partner, targetViews } from './multi-crop.ts';
import { normal } from './normal.ts';
import { numbered } from './numbered.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { PROTOTYPES, prototypeSpec, scoresOf, unitColumns } from './prototypes.ts';
import { mapValues } from './tensor-dict.ts';

export interface DinoOptions {
  /** The network to train: the student's. */
  readonly backbone: Backbone;
  /** Width of the head's two hidden layers. Default 2048. */
  readonly hidden?: number;
  /** Whether a batch norm follows each of the head's hidden layers, `use_bn_in_head` of the official code. Default false. */
  readonly headNorm?: boolean;
  /** Dimension of the embeddings before the last layer. Default 256. */
  readonly dimension?: number;
  /** Number of outputs. Default 65,536. */
  readonly prototypes?: number;
  /** Temperature of the student, above 0. Default 0.1. */
  readonly studentTemperature?: number;
  /** Temperature of the teacher after its warm-up, above 0. Default 0.04; the paper's long runs take 0.07. */
  readonly teacherTemperature?: number;
  /** Temperature of the teacher in the first epoch, above 0. Default 0.04. */
  readonly teacherTemperatureStart?: number;
  /** Epochs in which the teacher's temperature goes from its start to its end, changing from epoch to epoch. Default 0. */
  readonly teacherTemperatureWarmupEpochs?: number;
  /** Share of the old centre in the next one, 0 to 1. Default 0.9. */
  readonly centerMomentum?: number;
  /** Momentum of the teacher at the start, 0 to 1; it rises to 1 along a cosine. Default 0.996. */
  readonly momentum?: number;
  /** Epochs at the start during which the last layer rests. Default 1. */
  readonly freezeLastLayerEpochs?: number;
  /** Which views share batch-norm statistics. Default `joint`, as in the official code. */
  readonly forward?: ForwardMode;
  /** Roles of pairs of large views, which both go through the teacher. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Roles of pairs in which only `a` goes through the teacher; the small `b` predicts. Default `['local']`. */
  readonly smallRoles?: readonly string[];
}

const TEACHER = 'teacher';
const CENTER = 'center';

/**
 * DINO (Caron et al. 2021): the student predicts the distribution over many outputs that the teacher, a moving average of
 * it, gives to another view of the image. The teacher's outputs are centred by their running mean and sharpened by a low
 * temperature, and carry no gradient. A pair of large views counts with the mean of both directions; for multi-crop
 * training see `multiCropPairs`. The last layer's weights have length 1, as in the official code's default.
 *
 * The teacher, under `teacher.`, is what the paper evaluates. It has running statistics of its own, from its own passes over
 * the large views.
 */
export function dino(options: DinoOptions): Framework {
  const { backbone, hidden = 2048, headNorm = false, dimension = 256, prototypes = 65_536 } = options;
  const { studentTemperature = 0.1, teacherTemperature = 0.04, teacherTemperatureStart = 0.04 } = options;
  const { teacherTemperatureWarmupEpochs = 0, centerMomentum = 0.9, momentum = 0.996 } = options;
  const { freezeLastLayerEpochs = 1, forward = 'joint' } = options;
  checkTemperatures('dino', { studentTemperature, teacherTemperature, teacherTemperatureStart });
  checkShares('dino', { centerMomentum, momentum });
  checkCounts('dino', { prototypes });
  checkCounts('dino', { teacherTemperatureWarmupEpochs, freezeLastLayerEpochs }, 0);
  const known: MultiCropRoles = { roles: options.roles ?? ['global'], smallRoles: options.smallRoles ?? ['local'] };
  const head = dinoHead([backbone.featureDim, hidden, hidden, dimension], headNorm);
  const student = encoder(backbone, head);
  const teacher = encoder(backbone, head, TEACHER);
  const parameters = [...student.parameters, prototypeSpec(dimension, prototypes)];
  const center: BufferSpec = { name: CENTER, shape: [prototypes], value: 0, dtype: 'float32' };

  const teacherTemperatureAt = (epoch: number): number => {
    // The official code's ramp includes both ends, so that it has one interval less than epochs.
    const length = Math.max(teacherTemperatureWarmupEpochs - 1, 0);
    if (teacherTemperatureWarmupEpochs === 1 && epoch === 0) return teacherTemperatureStart;
    return linearRamp(epoch, { start: teacherTemperatureStart, end: teacherTemperature, length });
  };

  return {
    name: 'dino',
    backbone,
    parameters,
    unlearned: [...teacher.parameters, prototypeSpec(dimension, prototypes, `${TEACHER}.`)],
    buffers: [...student.buffers, ...teacher.buffers, center],
    evaluated: 'teacher',
    initialise(seed) {
      const names = [...parameters, ...student.buffers].map(({ name }) => name);
      return copyToFollowers(TEACHER, names, initialiseVariables(this, seed));
    },
    hostInputs({ epoch, step, totalSteps }) {
      return {
        momentum: scalarInput(emaCosine(step, { start: momentum, steps: totalSteps })),
        teacherTemperature: scalarInput(teacherTemperatureAt(epoch)),
      };
    },
    phase({ epoch }) {
      return { frozen: epoch < freezeLastLayerEpochs ? [PROTOTYPES] : [] };
    },
    prepare(variables, { views, pairs, inputs }) {
      const context: Context = { training: true, updates: {} };
      const names = [...new Set(pairs.flatMap((pair) => targetViews(pair, known)))];
      const current = withUnlearned({ params: {}, buffers: variables.buffers });
      const embeddings = embed(teacher, current, views, names, forward, context);
      const weight = unitColumns(parameter(current, `${TEACHER}.${PROTOTYPES}`));
      const outputs = mapValues(embeddings, (rows) => scoresOf(l2Normalize(rows), weight));
      const centre = variables.buffers[CENTER]!;
      const targets = mapValues(outputs, (output) => dinoTarget(output, centre, inputs!.teacherTemperature!));
      const next = nextDinoCenter(centre, Object.values(outputs), centerMomentum);
      return { tensors: targets, updates: { ...context.updates, [CENTER]: next } };
    },
    objective(variables, { views, pairs }, { tensors: targets }, context) {
      refuseHardNegatives('dino', pairs);
      const embeddings = embed(student, variables, views, viewNames(pairs, ['a', 'b']), forward, context);
      const units = mapValues(embeddings, (rows) => l2Normalize(rows));
      const weight = unitColumns(parameter(variables, PROTOTYPES));
      const predictions = mapValues(units, (rows) => logSoftmax(tf.div(scoresOf(rows, weight), studentTemperature)));
      const losses = pairs.map((pair): PairLoss => {
        const directions = targetViews(pair, known).map(
          (name): Tensor => softCrossEntropy(targets[name]!, predictions[partner(pair, name)]!).perSample,
        );
        const perSample = tf.div(tf.addN(directions), directions.length);
        return { pair, perSample, a: units[pair.a]!, b: units[pair.b]! };
      });
      return combinePairs(losses);
    },
    afterUpdate(variables, { inputs }) {
      return movingAverage(TEACHER, parameters, variables, inputs!.momentum!);
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * Math.log(prototypes);
    },
  };
}

/** Linear, batch norm where asked, and GELU, but only Linear to the last width; weights normal with deviation 0.02, biases 0. */
function dinoHead(widths: readonly number[], norm: boolean): Module {
  const layers = widths.slice(1).flatMap((out, step) => {
    const initial = { initialise: normal(0.02), initialiseBias: constant(0) };
    const linear = (place: string): Module => linearLayer(place, { in: widths[step]!, out, ...initial });
    const isLast = step === widths.length - 2;
    if (isLast) return [linear];
    return norm
      ? [linear, (place: string) => batchNorm(place, { channels: out }), () => gelu()]
      : [linear, () => gelu()];
  });
  return numbered(...layers);
}
