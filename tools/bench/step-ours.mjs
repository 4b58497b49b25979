// One SimCLR training step of ours, timed on request; see peers/step.py for the protocol.
import { createInterface } from 'node:readline';
import { resnet } from '@ssl-scene/backbones';
import { differentiate, simClr } from '@ssl-scene/frameworks';
import { sgd } from '@ssl-scene/nn';
import { disposeTree, jit, tf, useBackend } from '@ssl-scene/tensors';

const settings = JSON.parse(process.argv[2]);
await useBackend();
const { depth, width, small, size, batch, bfloat16 } = settings;
const framework = simClr({ backbone: resnet({ depth, width, stem: small ? 'small' : 'imagenet' }) });
const optimiser = sgd({ momentum: 0.9, weightDecay: 1e-4 });

const trainStep = jit(
  ({ params, buffers, optimiserState }, views, rate) => {
    const pairs = [{ role: 'global', a: 'a', b: 'b' }];
    const { loss, grads, buffers: moved } = differentiate(framework, { params, buffers }, { views, pairs });
    const updated = optimiser.update(params, grads, optimiserState, rate);
    return { state: { params: updated.params, buffers: moved, optimiserState: updated.state }, loss };
  },
  { name: 'trainStep', precision: bfloat16 ? 'bfloat16' : 'float32' },
);

const variables = framework.initialise(0);
let state = { ...variables, optimiserState: optimiser.init(variables.params) };
const view = (seed) => tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', seed);
const views = { a: view(1), b: view(2) };
const rate = tf.scalar(0.03);

function step() {
  const result = trainStep(state, views, rate);
  result.loss.dataSync();
  disposeTree([state, result.loss]);
  state = result.state;
}

for (let index = 0; index < 2; index++) step();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [request, count] = line.split(' ');
  if (request === 'peak') {
    console.log(JSON.stringify(process.resourceUsage().maxRSS / 1024));
    continue;
  }
  const times = Array.from({ length: Number(count) }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  });
  console.log(JSON.stringify(times));
}
