// Passes over images by a view loader of ours, timed on request; see peers/views.py for the protocol.
import { createInterface } from 'node:readline';
import { createViewLoader } from '@ssl-scene/views';

const { source, images, batch, size, blur, workers, loader: options = {}, passes = 1 } = JSON.parse(process.argv[2]);
const view = {
  size,
  crop: { kind: 'random-resized', scale: [0.2, 1] },
  augmentations: [
    { kind: 'horizontal-flip', p: 0.5 },
    { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
    { kind: 'grayscale', p: 0.2 },
    ...(blur > 0 ? [{ kind: 'gaussian-blur', sigma: [0.1, 2], kernelSize: blur, p: 0.5 }] : []),
  ],
};
const loader = await createViewLoader({
  source,
  indices: Array.from({ length: images }, (_, index) => index),
  plan: { views: ['a', 'b'].map((name) => ({ name, ...view })) },
  batchSize: batch,
  dropLast: false,
  seed: 0,
  workers,
  ...options,
});

// A whole epoch, since the workers rest between epochs but would go on making batches within one while the peer is timed.
let epoch = 0;
async function pass() {
  for await (const made of loader.epoch(epoch++)) made.release();
}

for (let index = 0; index < 3; index++) await pass();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const times = [];
  for (let step = 0; step < Number(line.split(' ')[1]); step++) {
    const start = performance.now();
    for (let index = 0; index < passes; index++) await pass();
    times.push((performance.now() - start) / passes);
  }
  console.log(JSON.stringify(times));
}
await loader.close();
