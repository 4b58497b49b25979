import { type CropRegion, type CropSpec, createCropSampler, cropScore, HeatMap } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';

// node --import tsx --conditions=@ssl-scene/source bench/speed.ts
// Microseconds of one core for the crops of one image: two views, or for saliency crops two pairs and their scores.
const IMAGES = 1000;
const ROUNDS = 5;
const box = { x0: 0.2, y0: 0.3, x1: 0.8, y1: 0.9 };

function mapOf(side: number, image: number): Uint8Array {
  const random = randomStream(0, 'map', image);
  return Uint8Array.from({ length: side * side }, () => 255 * random.uniform() ** 2);
}

function microseconds(specs: readonly CropSpec[], side: number, scores: boolean): number {
  const samplers = specs.map(createCropSampler);
  const maps = Array.from({ length: IMAGES }, (_, image) => mapOf(side, image));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let image = 0; image < IMAGES; image++) {
      const heatMap = new HeatMap({ width: side, height: side, data: maps[image]! });
      const region: CropRegion = { box, active: true, heatMap };
      for (const [view, sampler] of samplers.entries()) {
        const shared = randomStream(1, 'shared', round, image);
        const crop = sampler(640, 480, region, randomStream(1, 'view', round, image, view), { shared });
        if (scores) cropScore(crop, 640, 480, region);
      }
    }
    best = Math.min(best, (1000 * (performance.now() - start)) / IMAGES);
  }
  return best;
}

const twice = (spec: CropSpec): CropSpec[] => [spec, spec];
const print = (name: string, value: number): void => {
  process.stdout.write(`${name.padEnd(44)} ${value.toFixed(1)} µs per image\n`);
};
print('random-resized, 2 views', microseconds(twice({ kind: 'random-resized' }), 7, false));
print('contrastive, 2 views', microseconds(twice({ kind: 'contrastive' }), 7, false));
for (const side of [4, 7, 8, 14]) {
  const pairs = [0, 1].flatMap((slot) => twice({ kind: 'saliency', slot }));
  print(`saliency, 2 pairs and scores, map ${side} x ${side}`, microseconds(pairs, side, true));
}
