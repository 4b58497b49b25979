import { readFileSync } from 'node:fs';
import { type RegionOfInterest, roiAlign, roiFeatures } from '@ssl-scene/evaluators';
import { tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';

const backends = await availableBackends(useBackend);
const fixture = JSON.parse(readFileSync(new URL('./fixtures/roi-align.json', import.meta.url), 'utf8')) as {
  shape: [number, number, number, number];
  features: number[];
  boxes: [number, number, number, number, number][];
  spatialScale: number;
  cases: { outputSize: [number, number]; samplingRatio: number; aligned: boolean; expected: number[] }[];
};
const boxes = fixture.boxes.map(([image, x0, y0, x1, y1]): RegionOfInterest => ({ image, x0, y0, x1, y1 }));

describe.each(backends)('roiAlign on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });
  const features = (): tf.Tensor4D => tf.tensor4d(fixture.features, fixture.shape);

  it.each(fixture.cases)('$outputSize bins, ratio $samplingRatio, aligned $aligned: torchvision', (item) => {
    const { outputSize, aligned, expected } = item;
    const samplingRatio = item.samplingRatio < 0 ? 'adaptive' : item.samplingRatio;
    const options = { outputSize, samplingRatio, aligned, spatialScale: fixture.spatialScale } as const;
    tf.tidy(() => {
      const got = roiAlign(features(), boxes, options);
      expect(got.shape).toEqual([boxes.length, ...outputSize, 3]);
      expectClose([...got.dataSync()], expected, { abs: 1e-6, rel: 1e-5 });
      const means = roiFeatures(features(), boxes, options);
      expectClose([...means.dataSync()], [...tf.mean(got, [1, 2]).dataSync()], { abs: 1e-6, rel: 1e-5 });
    });
  });

  it('takes as little from a flat map as that it is flat, leaves no tensor behind, and takes no boxes at all', () => {
    const before = tf.memory().numTensors;
    const flat = tf.fill([1, 4, 4, 2], 3);
    const one = roiAlign(flat, [{ image: 0, x0: 0.3, y0: 1, x1: 3.1, y1: 2 }], { outputSize: 3 });
    expectClose([...one.dataSync()], new Array(18).fill(3), { abs: 1e-6 });
    const none = roiFeatures(flat, []);
    expect(none.shape).toEqual([0, 2]);
    tf.dispose([flat, one, none]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('roiAlign', () => {
  it('refuses bad input, saying what', () => {
    const map = tf.zeros([1, 4, 4, 2]);
    const box = { image: 0, x0: 0, y0: 0, x1: 1, y1: 1 };
    expect(() => roiAlign(tf.zeros([4, 2]), [box])).toThrow(/ROI_INPUT.*\(4, 2\)/);
    expect(() => roiAlign(map, [{ ...box, image: 1 }])).toThrow(/ROI_INPUT.*1 of box 0/);
    expect(() => roiFeatures(map, [{ ...box, x1: Number.NaN }])).toThrow(/ROI_INPUT.*NaN/);
    expect(() => roiAlign(map, [box], { outputSize: 0 })).toThrow(/ROI_INPUT.*0 × 0/);
  });
});
