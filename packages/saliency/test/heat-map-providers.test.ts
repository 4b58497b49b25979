import {
  activationMap,
  averagedMaps,
  contrastiveGradCamMap,
  gradCamMap,
  networkHeatMaps,
  outputSimilarityMap,
} from '@ssl-scene/saliency';
import { avgPool2d, conv2d, jit, relu, type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';

const backends = await availableBackends(useBackend);

/** The vectors of the specification: three places in a row, two channels. */
const specFeatures = (): Tensor => tf.tensor4d([3, 0, 0, 2, 1, 1], [1, 1, 3, 2]);

/** Numbers that look random, the same everywhere. */
const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1)) * 2);

const valuesOf = (make: () => Tensor): number[] => {
  const tensor = tf.tidy(make);
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
};

describe.each(backends)('heat maps of networks on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it('output similarity gives the conformance vector of the specification', () => {
    expectClose(
      valuesOf(() => outputSimilarityMap(specFeatures())),
      [0.8, 0.6, 0.98994949],
      { abs: 1e-6 },
    );
    const negative = valuesOf(() => outputSimilarityMap(tf.tensor4d([5, 0, -1, 0], [1, 1, 2, 2])));
    expectClose(negative, [1, 0], { abs: 1e-6 });
  });

  it('contrastive Grad-CAM gives the conformance vector of the specification', () => {
    const map = valuesOf(() => contrastiveGradCamMap(specFeatures(), tf.tensor2d([[1, 0]])));
    expectClose(map, [0.216, 0, 0], { abs: 1e-6 });
  });

  it('contrastive Grad-CAM is 0 where the two embeddings are the same', () => {
    const map = valuesOf(() => {
      const features = relu(tf.tensor4d(noise(36), [2, 3, 3, 2]));
      return contrastiveGradCamMap(features, tf.mean(features, [1, 2]));
    });
    expectClose(map, new Array(18).fill(0), { abs: 1e-6 });
  });

  it('Grad-CAM weighs channels by the mean gradient, as finite differences give it', () => {
    const features = noise(2 * 2 * 2 * 3).map(Math.abs);
    const target = tf.tensor2d(noise(8), [2, 4]);
    const project = tf.tensor2d(noise(12), [3, 4]);
    const embed = (pooled: Tensor): Tensor => tf.matMul(pooled, project);
    const score = (values: Float32Array): number[] =>
      valuesOf(() => {
        const embedded = embed(tf.mean(tf.tensor4d(values, [2, 2, 2, 3]), [1, 2]));
        const length = (x: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(x), 1));
        return tf.div(tf.sum(tf.mul(embedded, target), 1), tf.mul(length(embedded), length(target)));
      });
    const wanted: number[] = [];
    for (let image = 0; image < 2; image++) {
      const weights = [0, 1, 2].map((channel) => {
        let sum = 0;
        for (let place = 0; place < 4; place++) {
          const at = image * 12 + place * 3 + channel;
          const [up, down] = [features.slice(), features.slice()];
          up[at]! += 0.01;
          down[at]! -= 0.01;
          sum += (score(up)[image]! - score(down)[image]!) / 0.02 / 4;
        }
        return sum;
      });
      for (let place = 0; place < 4; place++) {
        const value = weights.reduce((sum, weight, c) => sum + weight * features[image * 12 + place * 3 + c]!, 0);
        wanted.push(Math.max(value, 0));
      }
    }
    const got = valuesOf(() => contrastiveGradCamMap(tf.tensor4d(features, [2, 2, 2, 3]), target, embed));
    expectClose(got, wanted, { abs: 2e-3 });
    expect(Math.max(...got)).toBeGreaterThan(0.02);
    target.dispose();
    project.dispose();
  });

  it('averaging over mirrored copies makes the map of a mirrored image the mirrored map', () => {
    const filter = tf.tensor4d(noise(3 * 3 * 3 * 2), [3, 3, 3, 2]);
    const map = averagedMaps((images) => activationMap(relu(conv2d(images, filter, { padding: 1, strides: 2 }))), {
      flip: true,
    });
    const image = (): Tensor => tf.tensor4d(noise(8 * 8 * 3), [1, 8, 8, 3]);
    const plain = valuesOf(() => tf.reverse(map(image()), 2));
    const flipped = valuesOf(() => map(tf.reverse(image(), 2)));
    expectClose(flipped, plain, { abs: 1e-5 });
    expect(Math.max(...plain)).toBeGreaterThan(0.3);
    filter.dispose();
  });

  it('averaging over scales gives maps of the first one’s size, in [0, 1]', () => {
    const pooled = (images: Tensor): Tensor => activationMap(avgPool2d(images, { kernel: 4, stride: 4 }));
    const square = new Float32Array(16 * 16 * 3);
    for (let y = 4; y < 8; y++) square.fill(1, 3 * (y * 16 + 8), 3 * (y * 16 + 12));
    const map = averagedMaps(pooled, { scales: [1, 2], flip: true });
    const values = valuesOf(() => map(tf.tensor4d(square, [1, 16, 16, 3])));
    expect(values.length).toBe(16);
    expect(values.indexOf(Math.max(...values))).toBe(4 + 2);
    expect(Math.min(...values) >= 0 && Math.max(...values) <= 1).toBe(true);
  });

  it('averaging leaves a map without shape without one', () => {
    const map = averagedMaps((images) => activationMap(tf.onesLike(images)), { flip: true });
    expect(valuesOf(() => map(tf.zeros([1, 2, 2, 3])))).toEqual([0, 0, 0, 0]);
  });

  it('a provider gives the same as its maps, recorded once, and leaves no tensor behind', async () => {
    const state = { filter: tf.tensor4d(noise(3 * 3 * 3 * 4), [3, 3, 3, 4]) };
    const maps = (variables: typeof state) => (images: Tensor) =>
      activationMap(relu(conv2d(images, variables.filter, { padding: 1, strides: 2 })), 'l2');
    const averaging = { flip: true, scales: [1, 1.5] };
    const provider = networkHeatMaps({ name: 'test', state, maps, ...averaging });
    const batch = (seed: number) => ({
      images: 2,
      height: 6,
      width: 8,
      pixels: noise(2 * 6 * 8 * 3).map((value) => value * seed),
    });
    await provider.maps(batch(1));
    const before = tf.memory().numTensors;
    const found = await provider.maps(batch(0.5));
    expect(tf.memory().numTensors).toBe(before);
    expect([found.height, found.width]).toEqual([3, 4]);
    const wanted = valuesOf(() => averagedMaps(maps(state), averaging)(tf.tensor4d(batch(0.5).pixels, [2, 6, 8, 3])));
    expectClose(found.values, wanted, { abs: 1e-5 });
    provider.dispose();
    state.filter.dispose();
  });

  it('a provider that compares two views gets both', async () => {
    const maps = () => (images: Tensor, others?: Tensor) => {
      const features = (x: Tensor): Tensor => avgPool2d(relu(x), { kernel: 2, stride: 2 });
      return contrastiveGradCamMap(features(images), tf.mean(features(others!), [1, 2]));
    };
    const provider = networkHeatMaps({ name: 'Grad-CAM', state: {}, maps, needsOthers: true });
    const pixels = noise(4 * 4 * 3).map(Math.abs);
    const others = noise(4 * 4 * 3).map((value) => Math.abs(value) ** 2);
    const { values } = await provider.maps({ images: 1, height: 4, width: 4, pixels, others });
    expect(values.some((value) => value > 0)).toBe(true);
    const same = await provider.maps({ images: 1, height: 4, width: 4, pixels, others: pixels });
    expectClose(same.values, [0, 0, 0, 0], { abs: 1e-5 });
    await expect(provider.maps({ images: 1, height: 4, width: 4, pixels })).rejects.toThrow(/OTHERS_MISSING/);
    provider.dispose();
  });

  it('output similarity can be recorded, with a projector', async () => {
    const state = { project: tf.tensor2d(noise(12), [3, 4]) };
    const maps = (variables: typeof state) => (images: Tensor) =>
      outputSimilarityMap(images, (pooled) => tf.matMul(pooled, variables.project));
    const provider = networkHeatMaps({ name: 'similarity', state, maps });
    const pixels = noise(2 * 3 * 3 * 3);
    const { values } = await provider.maps({ images: 2, height: 3, width: 3, pixels });
    const wanted = valuesOf(() => maps(state)(tf.tensor4d(pixels, [2, 3, 3, 3])));
    expectClose(values, wanted, { abs: 1e-5 });
    provider.dispose();
    state.project.dispose();
  });

  it('maps can be recorded by the caller', () => {
    const recorded = jit((features: Tensor) => gradCamMap(features, (x) => tf.sum(tf.mean(x, [1, 2]), 1)));
    const features = tf.tensor4d(noise(16).map(Math.abs), [1, 2, 2, 4]);
    const got = valuesOf(() => recorded(features));
    const wanted = valuesOf(() => tf.div(activationMap(features), 4));
    expectClose(got, wanted, { abs: 1e-6 });
    features.dispose();
    recorded.dispose();
  });
});

describe('heat maps of networks', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });

  it('refuse features that are not maps, scales that are none, and maps of other shapes', async () => {
    const vector = tf.zeros([2, 3]);
    expect(() => outputSimilarityMap(vector)).toThrow(/FEATURE_MAP_SHAPE.*\[2, 3\].*outputSimilarityMap/);
    expect(() => gradCamMap(vector, (x) => tf.sum(x, 1))).toThrow(/FEATURE_MAP_SHAPE/);
    expect(() => averagedMaps((x) => x, { scales: [] })).toThrow(/BAD_SCALES/);
    expect(() => averagedMaps((x) => x, { scales: [0] })).toThrow(/BAD_SCALES.*\[0\]/);
    const provider = networkHeatMaps({ name: 'flat', state: {}, maps: () => (images) => tf.sum(images, [1, 2, 3]) });
    const batch = { images: 1, height: 2, width: 2, pixels: new Float32Array(12) };
    await expect(provider.maps(batch)).rejects.toThrow(/FEATURE_MAP_SHAPE.*\(1, h, w\)/);
    vector.dispose();
  });
});
