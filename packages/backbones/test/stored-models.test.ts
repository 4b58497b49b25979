import { readFileSync } from 'node:fs';
import { cifarResnet, classifier, loadPretrained, squeezeNet, squeezeNetClassifier } from '@ssl-scene/backbones';
import type { Module } from '@ssl-scene/nn';
import { toFloat32 } from '@ssl-scene/safetensors';
import { jit, type Tensor, type TensorDict, tf, useBackend } from '@ssl-scene/tensors';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTensors } from './reference.ts';

const models = sharedData('models');
const testBatch = sharedData('cifar10/test_batch.bin');
const LIMIT = 1e-4;

beforeAll(async () => {
  await useBackend();
});

/** The first records of a CIFAR-10 file as (count, 32, 32, 3), normalised. */
function cifarImages(path: string, count: number): Tensor {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  const bytes = readFileSync(path);
  const pixels = new Float32Array(count * 3072);
  for (let index = 0; index < count * 3072; index++) {
    const image = Math.floor(index / 3072);
    const channel = index % 3;
    const place = Math.floor((index % 3072) / 3);
    const value = bytes[image * 3073 + 1 + channel * 1024 + place]!;
    pixels[index] = (value / 255 - mean[channel]!) / std[channel]!;
  }
  return tf.tensor4d(pixels, [count, 32, 32, 3]);
}

function logits(network: Module, file: string, input: Tensor): { values: Float32Array; report: object } {
  const { variables, report } = loadPretrained(network, `${models}/${file}`);
  const forward = jit((params: TensorDict, buffers: TensorDict, x: Tensor) =>
    network.apply({ params, buffers }, x, { training: false, updates: {} }),
  );
  const output = forward(variables.params, variables.buffers, input);
  const values = Float32Array.from(output.dataSync());
  forward.dispose();
  return { values, report };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

describe.skipIf(!models || !testBatch)('CIFAR ResNets (needs shared/data)', () => {
  it.each([20, 32, 44, 56])('T09: depth %i gives the stored logits', (depth) => {
    const expected = readTensors(`${models}/cifar10_reference_logits.safetensors`);
    const network = classifier(cifarResnet({ depth }), { classes: 10, name: 'linear' });
    const input = cifarImages(testBatch!, 256);
    const { values, report } = logits(network, `cifar10_resnet${depth}.safetensors`, input);
    expect(report).toMatchObject({ missing: [], mismatched: [], unexpected: [] });
    expect(largestDifference(values, toFloat32(expected[`resnet${depth}_logits`]!))).toBeLessThan(LIMIT);
  });

  it('depth 20 gives the stored features', () => {
    const expected = readTensors(`${models}/cifar10_reference_logits.safetensors`);
    const { values, report } = logits(
      cifarResnet({ depth: 20 }),
      'cifar10_resnet20.safetensors',
      cifarImages(testBatch!, 256),
    );
    expect(report).toMatchObject({ missing: [], unexpected: ['linear.bias', 'linear.weight'] });
    expect(largestDifference(values, toFloat32(expected.resnet20_features!))).toBeLessThan(LIMIT);
  });
});

interface Sample {
  readonly file: string;
  readonly top5: number[];
}

/** The file without its colour profile: the reference took the numbers as they are, sharp would convert them. */
function withoutProfile(path: string): Buffer {
  const file = readFileSync(path);
  const parts = [file.subarray(0, 8)];
  for (let start = 8; start < file.length; ) {
    const end = start + 12 + file.readUInt32BE(start);
    if (file.toString('latin1', start + 4, start + 8) !== 'iCCP') parts.push(file.subarray(start, end));
    start = end;
  }
  return Buffer.concat(parts);
}

/** Caffe's input: blue, green, red, with ImageNet's mean taken away. */
async function caffeImages(files: readonly string[]): Promise<Tensor> {
  const mean = [104, 117, 123];
  const side = 227;
  const pixels = new Float32Array(files.length * side * side * 3);
  for (const [image, file] of files.entries()) {
    const rgb = await sharp(withoutProfile(`${models}/squeezenet_inputs/${file}`))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(rgb.length).toBe(side * side * 3);
    for (let place = 0; place < side * side; place++) {
      for (let channel = 0; channel < 3; channel++) {
        pixels[(image * side * side + place) * 3 + channel] = rgb[place * 3 + 2 - channel]! - mean[channel]!;
      }
    }
  }
  return tf.tensor4d(pixels, [files.length, side, side, 3]);
}

describe.skipIf(!models)('SqueezeNet (needs shared/data)', () => {
  it('V18, T09: gives the stored logits, features and best five classes', async () => {
    const { samples } = JSON.parse(readFileSync(`${models}/squeezenet_reference.json`, 'utf8')) as {
      samples: Sample[];
    };
    const expected = readTensors(`${models}/squeezenet_reference.safetensors`);
    const input = await caffeImages(samples.map(({ file }) => file));
    const weights = 'imagenet_squeezenet1_0_deepcompressed.safetensors';
    const { values, report } = logits(squeezeNetClassifier(), weights, input);
    expect(report).toMatchObject({ missing: [], mismatched: [], unexpected: [] });
    expect(largestDifference(values, toFloat32(expected.logits!))).toBeLessThan(LIMIT);
    const features = logits(squeezeNet(), weights, input);
    expect(features.report).toMatchObject({ missing: [], unexpected: ['conv10.bias', 'conv10.weight'] });
    expect(largestDifference(features.values, toFloat32(expected.features!))).toBeLessThan(LIMIT);
    samples.forEach(({ top5, file }, image) => {
      const row = [...values.subarray(image * 1000, (image + 1) * 1000)].map((value, index) => ({ value, index }));
      const best = row.sort((a, b) => b.value - a.value).slice(0, 5);
      expect(
        best.map(({ index }) => index),
        file,
      ).toEqual(top5);
    });
  });
});
