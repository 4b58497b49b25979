import { readFileSync } from 'node:fs';
import { resnet } from '@ssl-scene/backbones';
import { differentiate, type Framework, type FrameworkBatch } from '@ssl-scene/frameworks';
import { encodeTensor, type ParameterKind, restoreVariables, sgd, type Variables } from '@ssl-scene/nn';
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

/** One step of SGD as the golden runs take it. */
export function goldenStep(
  framework: Framework,
  { args }: GoldenCase,
  variables: Variables,
  momentum: TensorDict,
  batch: FrameworkBatch,
): StepOutcome {
  const optimiser = sgd({ momentum: args.momentum, weightDecay: args.weightDecay });
  const { loss, grads, buffers } = differentiate(framework, variables, batch);
  const moved = optimiser.update(variables.params, grads, momentum, tf.scalar(args.lr));
  const updated = { params: moved.params, buffers };
  const after = framework.afterUpdate?.(updated, batch) ?? {};
  return {
    loss: loss.dataSync()[0]!,
    grads,
    variables: { params: moved.params, buffers: { ...buffers, ...after } },
    momentum: moved.state,
  };
}

/** A tensor's elements in PyTorch's order. */
export async function inTorchOrder(framework: Framework, name: string, tensor: Tensor): Promise<Float64Array> {
  const kinds = new Map<string, ParameterKind>();
  for (const spec of [...framework.parameters, ...framework.unlearned]) kinds.set(spec.name, spec.kind);
  const stored = await encodeTensor(tensor, kinds.get(name));
  return Float64Array.from(stored.data as ArrayLike<number | bigint>, Number);
}

/** `[sum, norm, sum_j v_j sin(j)]` with j from 1. */
export function checksum(values: Float64Array): [number, number, number] {
  let [sum, squares, waves] = [0, 0, 0];
  values.forEach((value, index) => {
    sum += value;
    squares += value * value;
    waves += value * Math.sin(index + 1);
  });
  return [sum, Math.sqrt(squares), waves];
}
