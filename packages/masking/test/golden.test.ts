import {
  areaAverage,
  boxMask,
  gaussianBlur,
  gaussianKernel,
  highPass,
  negativeCounts,
  type PatchCountInputs,
  type PatchCounts,
  patchMasking,
  patchPixels,
  positiveCounts,
  possibleCounts,
  replacePixels,
  salientPatches,
  salientPlaces,
  tiled,
} from '@ssl-scene/masking';
import { type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose, loadGolden } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { orderedRanks } from './ranks.ts';

// biome-ignore lint/suspicious/noExplicitAny: arguments and expectations of golden cases are JSON
type Json = any;

/** Wide enough for float32 results of values around 1; counts and masks must be exact. */
const FLOAT32 = { abs: 2e-6, rel: 2e-6 };

/** (C, H, W) as one image (1, H, W, C). */
const image = (values: Json): Tensor => tf.transpose(tf.tensor4d([values]), [0, 2, 3, 1]);
const channelsFirst = (images: Tensor): Json => (tf.transpose(images, [0, 3, 1, 2]).arraySync() as Json)[0];

/** What the golden file says of a filled image: sums and two rows. */
const summary = (images: Tensor): Json => {
  const channels: number[][][] = channelsFirst(images);
  const sums = (value: (x: number) => number) =>
    channels.map((rows) => rows.flat().reduce((sum, x) => sum + value(x), 0));
  return {
    sumPerChannel: sums((x) => x),
    sumOfSquaresPerChannel: sums((x) => x * x),
    row10channel1: channels[1]![10],
    row1channel2: channels[2]![1],
  };
};

/** Sums of 441 float32 numbers. */
const expectSummary = (images: Tensor, expected: Json): void => {
  const { fill, maskedPixels, ...sums } = expected;
  const got = summary(images);
  for (const key of Object.keys(sums)) expectClose(got[key], sums[key], { abs: 2e-4, rel: 1e-6 }, key);
};

/** (1, G, G, 1): the listed patches. */
const patchesOf = (patches: number[], grid: number): Tensor => {
  const values = new Float32Array(grid * grid);
  for (const patch of patches) values[patch] = 1;
  return tf.tensor4d(values, [1, grid, grid, 1]);
};

/** A view masked in the listed patches by a masker without saliency, whose noise is made to choose them. */
const maskedBy = (strategy: Json, { tensor, patches }: Json): { masked: Tensor; mask: Tensor } => {
  const masker = patchMasking({ plan: { q: { from: 'q', mask: 'positive' } }, selection: 'uniform', strategy });
  const noise = {
    'q.ratio': tf.tensor1d([patches.length / 49]),
    'q.ranks': tf.tensor3d(orderedRanks(patches, 49), [1, 1, 49]),
  };
  const { views, masks } = masker.apply({ q: image(tensor) }, {}, noise);
  return { masked: views.q!, mask: masks.q! };
};

const countsOf = ({ kind }: Json, inputs: PatchCountInputs): PatchCounts =>
  kind === 'positive' ? positiveCounts(inputs) : negativeCounts(inputs, kind === 'negative-hp');

const pairs = ({ salient, background }: PatchCounts): Json => tf.stack([salient, background], 1).arraySync();

const CHECKS: Record<string, (args: Json, expected: Json) => void> = {
  binarise({ map, relax, rowSortBug }, expected) {
    const places = salientPlaces(tf.tensor3d([map]), { rule: { relax }, ...(rowSortBug && { rowSortBug }) });
    expect(places.arraySync()).toEqual([expected.mask]);
    expect(tf.mean(places).arraySync()).toBeCloseTo(expected.gamma, 6);
  },
  binariseFeatures({ features, aggregate }, expected) {
    const scale = aggregate === 'mean' ? 1 / features.length : 1;
    const patches = salientPatches(tf.mul(image(features), scale));
    expect(patches.arraySync()).toEqual([expected.mask]);
  },
  patchCounts({ kind, cells, alpha, foreground }, expected) {
    const inputs = { ratio: tf.tensor1d(alpha), salient: tf.tensor1d(foreground), patches: cells };
    const counts = countsOf({ kind }, inputs);
    expect(pairs(counts)).toEqual(expected.raw);
    expect(pairs(possibleCounts(counts, inputs))).toEqual(expected.clamped);
  },
  patchCountsFromGamma({ alpha, gamma }, expected) {
    const salient = tf.mul(tf.tensor1d(gamma), 49);
    expect(pairs(positiveCounts({ ratio: tf.tensor1d(alpha), salient, patches: 49 }))).toEqual(expected.raw);
  },
  highPass({ tensor, kernel, sigma }, expected) {
    expectClose(channelsFirst(highPass(image(tensor), { kernel, sigma })), expected, FLOAT32);
  },
  gaussianBlurTensor({ tensor, kernel, sigma }, expected) {
    expectClose(channelsFirst(gaussianBlur(image(tensor), { kernel, sigma })), expected, FLOAT32);
  },
  gaussianKernel({ kernel, sigma }, expected) {
    expectClose(gaussianKernel({ kernel, sigma }), expected, { abs: 1e-12, rel: 1e-9 });
  },
  meanFill(args, expected) {
    const { masked, mask } = maskedBy({ kind: 'mean' }, args);
    expectSummary(masked, expected);
    expect(tf.sum(mask).arraySync()).toBe(3 * expected.maskedPixels);
  },
  meanFillTensor(args, expected) {
    expectClose(channelsFirst(maskedBy({ kind: 'mean' }, args).masked), expected, FLOAT32);
  },
  blurFill(args, expected) {
    expectSummary(maskedBy({ kind: 'blur', kernel: args.kernel, sigma: args.sigma }, args).masked, expected);
  },
  noiseFillSpatial({ tensor, patches, patchSize, tile }, expected) {
    const view = image(tensor);
    const values = image(tile).dataSync<'float32'>();
    const fill = tf.tensor4d(tiled(values as Float32Array, [21, 21], 21 / patchSize, 3), [1, 21, 21, 3]);
    expectSummary(replacePixels(view, patchPixels(patchesOf(patches, 7), [21, 21]), fill), expected);
  },
  noiseFillChannel({ tensor, patchesPerChannel, patchSize, tile }, expected) {
    const values = Float32Array.from(tile.flat());
    const fill = tf.tensor4d(tiled(values, [21, 21], 21 / patchSize, 1), [1, 21, 21, 1]);
    const patches = tf.concat(
      patchesPerChannel.map((chosen: number[]) => patchesOf(chosen, 7)),
      3,
    );
    expectSummary(replacePixels(image(tensor), patchPixels(patches, [21, 21]), fill), expected);
  },
  focalFill({ tensor, noise, x, y, window, inside }, expected) {
    const box = boxMask(tf.tensor2d([[y, x, y + window, x + window]]), [21, 21]);
    expectSummary(replacePixels(image(tensor), inside ? box : tf.sub(1, box), image(noise)), expected);
  },
  poolToGrid: areaCheck,
  areaResample: areaCheck,
};

function areaCheck({ map, grid }: Json, expected: Json): void {
  expectClose((areaAverage(tf.tensor3d([map]), grid).arraySync() as Json)[0], expected, FLOAT32);
}

const backends = await availableBackends(useBackend);
const isAvailable = loadGolden('masking') !== undefined;

describe.skipIf(!isAvailable)('golden values (needs shared/golden)', () => {
  describe.each(backends)('on %s', (backend) => {
    beforeAll(async () => {
      await useBackend({ backend });
    });

    const cases = Object.keys(CHECKS).flatMap((name) => casesOf(['masking', 'correspondence'], name));

    it('covers every function of the file', () => {
      const known = new Set(Object.keys(CHECKS));
      expect(loadGolden('masking')!.filter((item) => !known.has(item.function))).toEqual([]);
      expect(cases.length).toBeGreaterThan(70);
    });

    it.each(cases.map((item) => [item.function, item.id, item] as const))('%s: %s', (name, _id, { args, expected }) => {
      tf.tidy(() => CHECKS[name]!(args, expected));
    });
  });
});
