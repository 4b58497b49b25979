import { readFileSync } from 'node:fs';
import { resnet } from '@ssl-scene/backbones';
import { differentiate, type Framework, type FrameworkBatch, finishStep } from '@ssl-scene/frameworks';
import { type Optimiser, restoreVariables, sgd, type Variables } from '@ssl-scene/nn';
import { parseSafetensors, type SafetensorsReader, toFloat32 } from '@ssl-scene/safetensors';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { type GoldenCase, goldenFile } from '@ssl-scene/vitest-config/golden';

/** A file of tensors of a golden training run. */
export function goldenTensors(name: string): SafetensorsReader {
  return parseSafetensors(readFileSync(goldenFile(name)!));
}

/** The backbone of all golden training runs. */
export function goldenBackbone({ args }: GoldenCase, zeroInitResidual = false): ReturnType<typeof resnet> {
  return resnet({ depth: 18, width: args.width, stem: args.stem, zeroInitResidual });
}

/** The stored start, with copies of a moving average where the framework has some. */
export function goldenStart(framework: Framework, { args }: GoldenCase): Variables {
  const specs = { parameters: [...framework.parameters, ...framework.unlearned], buffers: framework.buffers };
  const source = goldenTensors(args.start);
  const { variables } = restoreVariables(specs, source);
  const values: Record<string, Tensor> = { ...variables.params, ...variables.buffers };
  const copy = /^(key|target)\./;
  for (const name of Object.keys(values)) {
    if (copy.test(name)) values[name] = values[name.replace(copy, '')]!;
  }
  if (values['queue.global']) {
    const queue = source.read('queue');
    values['queue.global'] = tf.tensor(toFloat32(queue), [...queue.shape]);
  }
  const learned = new Set(framework.parameters.map(({ name }) => name));
  const entries = Object.entries(values);
  return {
    params: Object.fromEntries(entries.filter(([name]) => learned.has(name))),
    buffers: Object.fromEntries(entries.filter(([name]) => !learned.has(name))),
  };
}

/** The views of step 1, 2 or 3, in NHWC. */
export function goldenViews({ args }: GoldenCase, step: number): TensorDict {
  const inputs = goldenTensors(args.inputs);
  const names = [...inputs.tensors.keys()].filter((name) => name.startsWith(`step${step}.`));
  const entries = names.map((name) => {
    const { shape, data } = { shape: inputs.read(name).shape, data: toFloat32(inputs.read(name)) };
    return [name.slice(`step${step}.`.length), tf.transpose(tf.tensor(data, [...shape]), [0, 2, 3, 1])];
  });
  return Object.fromEntries(entries);
}

export interface StepOutcome {
  readonly loss: number;
  readonly grads: TensorDict;
  readonly variables: Variables;
  readonly momentum: TensorDict;
}

/** One step as a trainer takes it. */
export function stepWith(
  optimiser: Optimiser,
  rate: number,
  framework: Framework,
  variables: Variables,
  momentum: TensorDict,
  batch: FrameworkBatch,
): StepOutcome {
  const { loss, grads, buffers } = differentiate(framework, variables, batch);
  const moved = optimiser.update(variables.params, grads, momentum, tf.scalar(rate));
  return {
    loss: loss.dataSync()[0]!,
    grads,
    variables: finishStep(framework, { params: moved.params, buffers }, batch),
    momentum: moved.state,
  };
}

/** One step of SGD as the golden runs take it. */
export function goldenStep(
  framework: Framework,
  { args }: GoldenCase,
  variables: Variables,
  momentum: TensorDict,
  batch: FrameworkBatch,
): StepOutcome {
  const optimiser = sgd({ momentum: args.momentum, weightDecay: args.weightDecay });
  return stepWith(optimiser, args.lr, framework, variables, momentum, batch);
}
