// A run with a localisation pass after every epoch: how long an epoch and a pass take, in seconds.
import { createInterface } from 'node:readline';
import { resnet } from '@ssl-scene/backbones';
import { simClr } from '@ssl-scene/frameworks';
import { useBackend } from '@ssl-scene/tensors';
import { createTrainer } from '@ssl-scene/training';
import { median } from './contestant.mjs';

await useBackend();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [refreshes, epochs] = [[], []];
  let start = 0;
  const view = {
    size: 32,
    crop: { kind: 'contrastive' },
    augmentations: [{ kind: 'horizontal-flip', p: 0.5 }],
  };
  const trainer = createTrainer({
    framework: simClr({ backbone: resnet({ depth: 18, width: 16, stem: 'small' }) }),
    plan: { views: ['a', 'b'].map((name) => ({ name, ...view })) },
    source: {
      kind: 'plugin',
      module: new URL('noise-images.mjs', import.meta.url).href,
      options: { length: 2048, width: 32, height: 32 },
    },
    optimiser: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: 0.01,
    schedule: { kind: 'constant' },
    epochs: Number(line.split(' ')[1]) + 1,
    batchSize: 256,
    seed: 0,
    workers: 1,
    regions: { size: 32, warmup: 1, interval: 1 },
    watch: false,
    progress: false,
    hooks: {
      onStep: ({ step, totalSteps }) => {
        const perEpoch = 8;
        if (step % perEpoch === 1) start = performance.now();
        // The first step of an epoch waits for its data and, in the first epoch, for its graph: it is not counted.
        else if (step % perEpoch === 0) epochs.push(((performance.now() - start) / 1000) * (perEpoch / (perEpoch - 1)));
        if (step === totalSteps) start = 0;
      },
      onRefresh: ({ seconds }) => void refreshes.push(seconds),
    },
  });
  await trainer.run();
  console.log(JSON.stringify({ refresh: median(refreshes), epoch: median(epochs) }));
}
