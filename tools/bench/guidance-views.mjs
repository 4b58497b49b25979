// Passes over pictures in memory by the main thread, with crops of one kind, timed on request.
import { createInterface } from 'node:readline';
import { randomStream } from '@ssl-scene/random';
import { RegionStore } from '@ssl-scene/regions';
import { createViewLoader } from '@ssl-scene/views';

const { kind, width, height, size, length, grid, map } = JSON.parse(process.argv[2]);
const store = RegionStore.create({ images: length, heatMap: { width: map, height: map } });
const random = randomStream(0, 'maps');
for (let index = 0; index < length; index++) {
  const x0 = random.uniform(0, 0.5);
  const y0 = random.uniform(0, 0.5);
  store.setBox(index, { x0, y0, x1: x0 + 0.5, y1: y0 + 0.5 });
  store.setHeatMap(index, bump(x0 + 0.25, y0 + 0.25));
}
store.setActive(true);
const crop = { kind, scale: [0.2, 1], ...(kind === 'saliency' && { grid }) };
const view = {
  size,
  crop,
  augmentations: [
    { kind: 'horizontal-flip', p: 0.5 },
    { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
    { kind: 'grayscale', p: 0.2 },
    ...(size > 32 ? [{ kind: 'gaussian-blur', sigma: [0.1, 2], p: 0.5 }] : []),
  ],
};
const loader = await createViewLoader({
  source: {
    kind: 'plugin',
    module: new URL('noise-images.mjs', import.meta.url).href,
    options: { length, width, height },
  },
  plan: {
    views: ['a', 'b'].map((name) => ({ name, ...view })),
    ...(kind === 'saliency' && { scores: { grid } }),
  },
  batchSize: Math.min(length, 256),
  seed: 0,
  workers: 0,
  regions: store.buffer,
});
let epoch = 0;
/** A heat map as networks make them: a bump around a place, and some noise. */
function bump(x, y) {
  return Uint8Array.from({ length: map * map }, (_, place) => {
    const across = ((place % map) + 0.5) / map - x;
    const down = (Math.floor(place / map) + 0.5) / map - y;
    return 200 * Math.exp(-(across * across + down * down) / 0.06) + random.integer(0, 56);
  });
}

async function pass() {
  for await (const batch of loader.epoch(epoch++)) batch.release();
}

for (let index = 0; index < 4; index++) await pass();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const times = [];
  for (let index = 0; index < Number(line.split(' ')[1]); index++) {
    const start = performance.now();
    await pass();
    times.push(performance.now() - start);
  }
  console.log(JSON.stringify(times));
}
await loader.close();
