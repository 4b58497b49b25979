import { SceneError } from '@ssl-scene/errors';
import { logSoftmax, softmax, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAbove, checkSameShape } from './checks.ts';
import { meanTensor, type PairLoss, pairLoss } from './pair-loss.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';

/** Outputs of both networks, each (N, K): of the large views by the teacher, of all views in the same order by the student. */
export interface DinoOutputs {
  readonly teacher: readonly Tensor[];
  readonly student: readonly Tensor[];
  /** (K): state, zeros at the start. */
  readonly center: Tensor;
}

export interface DinoOptions {
  /** Above 0. Default 0.04. */
  readonly teacherTemperature?: number;
  /** Above 0. Default 0.1. */
  readonly studentTemperature?: number;
  /** Share of the old centre in the next one, from 0 to 1. Default 0.9. */
  readonly centerMomentum?: number;
}

export interface DinoLoss extends PairLoss {
  /** (K): the centre for the next step. */
  readonly nextCenter: Tensor;
}

/**
 * DINO (Caron et al., 2021): the student's views predict the teacher's centred and sharpened distribution of every other
 * view of the image; the mean over all such pairs of the cross-entropy. The teacher carries no gradient; the centre moves
 * after its use.
 */
export function dino({ teacher, student, center }: DinoOutputs, options: DinoOptions = {}): DinoLoss {
  const { teacherTemperature = 0.04, studentTemperature = 0.1, centerMomentum = 0.9 } = options;
  checkAbove('dino', 'teacherTemperature', teacherTemperature);
  checkAbove('dino', 'studentTemperature', studentTemperature);
  checkOutputs(teacher, student, center, centerMomentum);
  const targets = teacher.map((output) => dinoTarget(output, center, teacherTemperature));
  const predictions = student.map((output) => logSoftmax(tf.div(output, studentTemperature)));
  const losses = targets.flatMap((target, from) =>
    predictions.flatMap((prediction, to) => (from === to ? [] : [softCrossEntropy(target, prediction).perSample])),
  );
  return { ...pairLoss(meanTensor(losses)), nextCenter: nextDinoCenter(center, teacher, centerMomentum) };
}

/**
 * The distribution that the teacher hands on: softmax((output - center) / temperature), without gradient.
 *
 * @param output (N, K). @param center (K). @param temperature above 0; a scalar tensor where it changes from step to step.
 */
export function dinoTarget(output: Tensor, center: Tensor, temperature: number | Tensor): Tensor {
  if (typeof temperature === 'number') checkAbove('dinoTarget', 'temperature', temperature);
  return untaped(() => softmax(tf.div(tf.sub(output, center), temperature)));
}

/**
 * The centre for the next step: momentum · center + (1 - momentum) · mean of all rows of the teacher's outputs, without
 * gradient.
 *
 * @param center (K). @param outputs each (N, K). @param momentum from 0 to 1.
 */
export function nextDinoCenter(center: Tensor, outputs: readonly Tensor[], momentum: number): Tensor {
  return untaped(() => {
    const mean = tf.mean(tf.concat(outputs as Tensor[], 0), 0);
    return tf.add(tf.mul(center, momentum), tf.mul(mean, 1 - momentum));
  });
}

function checkOutputs(teacher: readonly Tensor[], student: readonly Tensor[], center: Tensor, momentum: number): void {
  const fits = teacher.length > 0 && student.length >= Math.max(2, teacher.length);
  if (fits && center.rank === 1 && center.size === student[0]!.shape[1] && momentum >= 0 && momentum <= 1) {
    const named = [...teacher, ...student].map((output, view) => [`output ${view}`, output] as const);
    checkSameShape('dino', Object.fromEntries(named));
    return;
  }
  throw new SceneError({
    code: 'DINO_INPUT',
    expected: 'outputs of at least one teacher view and two student views, a centre (K), a momentum from 0 to 1',
    found: `${teacher.length} and ${student.length} views, a centre [${center.shape.join(', ')}], momentum ${momentum}`,
    where: 'dino',
    fix: "Pass the student's outputs of the teacher's views first, in the same order.",
  });
}
