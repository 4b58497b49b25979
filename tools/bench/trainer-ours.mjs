// Steps of a training run, by the trainer or by a bare loop around the same step; answers `steps N` with the milliseconds
// of the next N steps, each from the end of the one before, and `peak` with the peak of resident memory in MB.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { resnet } from '@ssl-scene/backbones';
import { simClr } from '@ssl-scene/frameworks';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import { buildOptimiser, createTrainer, trainStep } from '@ssl-scene/training';
import { createViewLoader } from '@ssl-scene/views';

const { depth, width, size, batch: batchSize, loop } = JSON.parse(process.argv[2]);
await useBackend();
const framework = simClr({ backbone: resnet({ depth, width, stem: 'small' }) });
const optimiser = { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 };
const images = `export function open({ length, side }) {
  const data = (index) => Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * (index + 7)) % 251);
  const source = { kind: 'plugin', module: import.meta.url, options: { length, side } };
  const pixels = (index) => ({ width: side, height: side, data: data(index) });
  return { name: 'stripes', length, source, id: String, label: () => -1, pixels };
}`;
const module = `data:text/javascript,${encodeURIComponent(images)}`;
const source = { kind: 'plugin', module, options: { length: 64 * batchSize, side: size } };
const view = { size, crop: { kind: 'random-resized', scale: [0.5, 1] }, augmentations: [] };
const plan = {
  views: [
    { name: 'a', ...view },
    { name: 'b', ...view },
  ],
};

let asked;
let remaining = 0;
let last = 0;
let times = [];
/** Lets steps pass while some are asked for. */
async function gate() {
  const now = performance.now();
  times.push(now - last);
  last = now;
  remaining--;
  if (remaining > 0) return;
  if (remaining === 0) console.log(JSON.stringify(times));
  await new Promise((resolve) => {
    asked = resolve;
  });
}

const loops = {
  async trainer() {
    const outDir = mkdtempSync(join(tmpdir(), 'ssl-scene-bench-'));
    process.on('exit', () => rmSync(outDir, { recursive: true, force: true }));
    const hooks = { onStep: gate };
    const schedule = { kind: 'constant' };
    const checkpointEvery = { epochs: 0, steps: 50 };
    const settings = { epochs: 1e6, batchSize, seed: 1, learningRate: 0.03, workers: 0, progress: false, outDir };
    await createTrainer({ ...settings, framework, plan, source, optimiser, schedule, checkpointEvery, hooks }).run();
  },
  async bare() {
    const built = buildOptimiser(optimiser, framework.parameters);
    const step = trainStep({ framework, pairs: [{ role: 'global', a: 'a', b: 'b' }], optimiser: built });
    const { params, buffers } = framework.initialise(1);
    let state = { params, buffers, optimiser: built.init(params) };
    const loader = await createViewLoader({ source, plan, batchSize, seed: 1, workers: 0 });
    for (let epoch = 0; ; epoch++) {
      for await (const batch of loader.epoch(epoch)) {
        const upload = (name) => tf.tensor(batch.views[name], [batch.size, size, size, 3]);
        const rate = tf.scalar(0.03);
        const inputs = {
          views: { a: upload('a'), b: upload('b') },
          framework: {},
          learningRate: rate,
          initialRate: rate,
        };
        const result = step(state, inputs);
        result.metrics.loss.dataSync();
        disposeTree([state, result.metrics, inputs]);
        state = result.state;
        batch.release();
        await gate();
      }
    }
  },
};

const running = loops[loop]();
running.catch((error) => {
  console.error(error);
  process.exit(1);
});
// The first step records the graph and ends at the gate.
while (asked === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [request, steps] = line.split(' ');
  if (request === 'peak') {
    console.log(JSON.stringify(process.resourceUsage().maxRSS / 1024));
    continue;
  }
  times = [];
  remaining = Number(steps);
  last = performance.now();
  asked();
}
process.exit(0);
