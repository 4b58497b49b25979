import { readFileSync } from 'node:fs';
import { type Augmentation, augment, cropAndResize, drawOperations, normalise } from '@ssl-scene/augmentations';
import { randomStream } from '@ssl-scene/random';
import { expect, it } from 'vitest';

it('the README prints what its example gives', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const data = new Uint8Array(64 * 48 * 3);
  for (let pixel = 0; pixel < 64 * 48; pixel++) {
    data[pixel * 3] = (pixel % 64) * 4;
    data[pixel * 3 + 1] = Math.floor(pixel / 64) * 5;
  }
  const pipeline: Augmentation[] = [
    { kind: 'horizontal-flip', p: 0.5 },
    { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
    { kind: 'grayscale', p: 0.2 },
    { kind: 'gaussian-blur', sigma: [0.1, 2], p: 0.5 },
  ];
  const stream = () => randomStream(1, 'view', 0, 7, 'a');
  const crop = cropAndResize({ width: 64, height: 48, data }, { x: 8, y: 4, width: 40, height: 36 }, 32, 32);
  const view = augment(crop, pipeline, stream());
  const input = normalise(view, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
  for (const operation of drawOperations(pipeline, stream())) {
    const fields = Object.entries(operation).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`,
    );
    expect(readme).toContain(`{ ${fields.join(', ')} }`);
  }
  const first = (raster: { data: Uint8Array }) => `[ ${Array.from(raster.data.subarray(0, 3)).join(', ')} ]`;
  expect(readme).toContain(`first pixel ${first(crop)} -> ${first(view)}`);
  expect(readme).toContain(Array.from(input.subarray(0, 3), (value) => value.toFixed(4)).join(' '));
});
