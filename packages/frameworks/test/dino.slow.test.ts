import { resnet } from '@ssl-scene/backbones';
import { differentiate, dino, finishStep } from '@ssl-scene/frameworks';
import { sgd } from '@ssl-scene/nn';
import { disposeTree, jit, type TensorDict, tf, useBackend } from '@ssl-scene/tensors';
import { expect, it } from 'vitest';
import { backend, GLOBAL } from './tiny.ts';

it('L20: DINO has no NaN in 50 steps at its defaults, with pictures of 64 px and 1024 outputs', async () => {
  await useBackend({ backend });
  const framework = dino({ backbone: resnet({ depth: 18, width: 4, stem: 'small' }), prototypes: 1024 });
  const optimiser = sgd({ momentum: 0.9, weightDecay: 1e-4 });
  const step = jit((state: { params: TensorDict; buffers: TensorDict; momentum: TensorDict }, views, inputs, phase) => {
    const batch = { views, pairs: [GLOBAL], inputs, phase };
    const { loss, grads, buffers } = differentiate(framework, state, batch);
    const moved = optimiser.update(state.params, grads, state.momentum, tf.scalar(0.03));
    const next = finishStep(framework, { params: moved.params, buffers }, batch);
    return { loss, state: { ...next, momentum: moved.state } };
  });
  const variables = framework.initialise(0);
  let state = { ...variables, momentum: optimiser.init(variables.params) };
  for (let index = 0; index < 50; index++) {
    const position = { seed: 0, epoch: Math.floor(index / 25), step: index, totalSteps: 50, batchSize: 8 };
    const images = tf.randomNormal([8, 64, 64, 3], 0, 1, 'float32', index + 1);
    const noise = tf.randomNormal(images.shape, 0, 0.3, 'float32', index + 101);
    const views = { a: images, b: tf.add(images, noise) };
    const inputs = Object.fromEntries(
      Object.entries(framework.hostInputs!(position)).map(([name, { data, shape }]) => [
        name,
        tf.tensor(data, [...shape]),
      ]),
    );
    const result = step(state, views, inputs, framework.phase!(position));
    expect(Number.isFinite(result.loss.dataSync()[0]), `loss of step ${index}`).toBe(true);
    disposeTree([state, views, noise, inputs, result.loss]);
    state = result.state;
  }
  for (const [name, tensor] of Object.entries({ ...state.params, ...state.buffers })) {
    expect(tensor.dataSync().every(Number.isFinite), name).toBe(true);
  }
  step.dispose();
}, 120_000);
