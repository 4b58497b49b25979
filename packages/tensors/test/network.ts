import {
  batchNormTrain,
  conv2d,
  globalAvgPool,
  l2Normalize,
  linear,
  maxPool2d,
  relu,
  type Tensor,
  type TensorDict,
  tf,
  valueAndGrad,
} from '@ssl-scene/tensors';

/** Numbers in [-1, 1) that are the same on every backend. */
export function numbers(size: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

export function tensor(shape: number[], seed: number, scale = 1): Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    numbers(size, seed).map((value) => value * scale),
    shape,
  );
}

export interface State {
  readonly params: TensorDict;
  readonly velocity: TensorDict;
}

/** A small residual network with every kernel that a training step uses. */
export function initialState(): State {
  const params = {
    stem: tensor([3, 3, 3, 8], 1, 0.4),
    scale: tf.tidy(() => tf.add(tensor([8], 2, 0.2), 1)),
    offset: tensor([8], 3, 0.2),
    strided: tensor([3, 3, 8, 8], 4, 0.3),
    grouped: tensor([3, 3, 2, 8], 5, 0.3),
    head: tensor([8, 6], 6, 0.5),
    bias: tensor([6], 7, 0.1),
  };
  const velocity = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.zerosLike(value)]));
  return { params, velocity };
}

export function forward(params: TensorDict, images: Tensor): { output: Tensor; mean: Tensor; variance: Tensor } {
  const { y, mean, variance } = batchNormTrain(
    conv2d(images, params.stem!, { padding: 1 }),
    params.scale!,
    params.offset!,
  );
  const pooled = maxPool2d(relu(y), { kernel: 3, stride: 2, padding: 1 });
  const strided = relu(conv2d(pooled, params.strided!, { strides: 2, padding: 1 }));
  const grouped = tf.add(strided, conv2d(strided, params.grouped!, { padding: 1, groups: 4 }));
  const output = l2Normalize(linear(globalAvgPool(grouped), params.head!, params.bias));
  return { output, mean, variance };
}

/** One step of gradient descent with momentum on a contrastive loss. */
export function trainStep(state: State, a: Tensor, b: Tensor, rate: Tensor) {
  const { loss, aux, grads } = valueAndGrad((params) => {
    const first = forward(params, a);
    const second = forward(params, b);
    const logits = tf.div(tf.matMul(first.output as tf.Tensor2D, second.output as tf.Tensor2D, false, true), 0.2);
    const diagonal = tf.sum(tf.mul(first.output, second.output), 1);
    const perSample = tf.sub(tf.logSumExp(logits, 1), tf.div(diagonal, 0.2));
    return { loss: tf.mean(perSample), aux: { perSample, mean: first.mean, variance: first.variance } };
  }, state.params);
  const params: Record<string, Tensor> = {};
  const velocity: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(state.params)) {
    velocity[name] = tf.add(tf.mul(state.velocity[name]!, 0.9), grads[name]!);
    params[name] = tf.sub(value, tf.mul(velocity[name]!, rate));
  }
  return { state: { params, velocity }, loss, aux };
}
