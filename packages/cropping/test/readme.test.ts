import { readFileSync } from 'node:fs';
import { createCropSampler, sampleCrop } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import { expect, it } from 'vitest';

it('prints what the README says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const region = { box: { x0: 0.5, y0: 0.25, x1: 0.75, y1: 0.75 }, active: true };
  const stream = () => randomStream(1, 'view', 0, 7, 'a');
  for (const crop of [
    sampleCrop({ kind: 'random-resized' }, 640, 480, undefined, stream()),
    sampleCrop({ kind: 'contrastive' }, 640, 480, region, stream()),
  ]) {
    const { x, y, width, height } = crop;
    expect(readme).toContain(`{ x: ${x}, y: ${y}, width: ${width}, height: ${height} }`);
  }
  const sampler = createCropSampler({ kind: 'contrastive', alpha: 0.1, scale: [0.2, 0.4] });
  let inside = 0;
  for (let image = 0; image < 1000; image++) {
    const crop = sampler(640, 480, region, randomStream(1, 'view', 0, image, 'a'));
    const centre = (crop.x + crop.width / 2) / 640;
    if (centre >= 0.5 && centre <= 0.75) inside++;
  }
  expect(readme).toContain(`${inside} of 1000 centres`);
});
