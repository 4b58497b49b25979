import { resnet } from '@ssl-scene/backbones';
import { openDataset } from '@ssl-scene/datasets';
import { initialise } from '@ssl-scene/nn';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import { backboneVariables, extractFeatures, mapDataset } from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { backends, tinyFramework, tinySource } from './tiny-run.ts';

const normalise = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] } as const;
const source = tinySource({ length: 11 });

describe('extractFeatures', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it('gives the rows of a plain forward pass in evaluation mode, in the order of the images', async () => {
    const backbone = resnet({ depth: 18, width: 4, stem: 'small' });
    const variables = initialise(backbone, 1);
    const before = tf.memory().numTensors;
    const options = { backbone, variables, source, size: 20, normalise, batchSize: 4, workers: 0 };
    const { features, indices, dimension, count } = await extractFeatures(options);
    expect(tf.memory().numTensors).toBe(before);
    expect([dimension, count, [...indices]]).toEqual([32, 11, Array.from({ length: 11 }, (_, index) => index)]);
    const dataset = await openDataset(source);
    for (const index of [0, 7, 10]) {
      const { data } = await dataset.pixels(index);
      const pixels = Float32Array.from(
        data,
        (value, i) => (value / 255 - normalise.mean[i % 3]!) / normalise.std[i % 3]!,
      );
      const want = tf.tidy(() =>
        backbone
          .apply(variables, tf.tensor4d(pixels, [1, 20, 20, 3]), { training: false, updates: {} })
          .dataSync<'float32'>(),
      );
      want.forEach((value, i) => {
        expect(features[index * dimension + i]).toBeCloseTo(value, 4);
      });
    }
    disposeTree([variables.params, variables.buffers]);
  });

  it('takes some images only, resized, and a backbone out of a framework', async () => {
    const framework = tinyFramework();
    const variables = framework.initialise(0);
    const { indices, features } = await extractFeatures({
      backbone: framework.backbone,
      variables: backboneVariables(variables),
      source,
      size: 16,
      indices: [9, 2],
      workers: 0,
    });
    expect([...indices]).toEqual([2, 9]);
    expect(features.every(Number.isFinite)).toBe(true);
    disposeTree([variables.params, variables.buffers]);
  });

  it('leaves unreadable images out where asked, else names them', async () => {
    const seen: number[] = [];
    const options = { source: tinySource({ length: 6, bad: 4 }), size: 16, batchSize: 4, workers: 0 };
    const means = (images: tf.Tensor): Record<string, tf.Tensor> => ({ mean: tf.mean(images, [1, 2, 3]) });
    const consume = ({ indices }: { indices: Uint32Array }): void => void seen.push(...indices);
    expect(await mapDataset({ ...options, onBadImage: 'skip' }, means, consume)).toBe(5);
    expect(seen.sort()).toEqual([0, 1, 2, 3, 5]);
    await expect(mapDataset(options, means, consume)).rejects.toThrow(/BAD_IMAGE.*tiny-4/);
  });
});
