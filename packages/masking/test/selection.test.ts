import {
  areaAverage,
  negativeCounts,
  type PatchCounts,
  patchMasking,
  positiveCounts,
  possibleCounts,
  salientPatches,
  selectPatches,
} from '@ssl-scene/masking';
import { randomStream } from '@ssl-scene/random';
import { type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, upload } from './batch.ts';
import { orderedRanks } from './ranks.ts';
import { firstByRank, foreground, margin, negativePatches, positivePatches } from './reference.ts';

const backends = await availableBackends(useBackend);

/** Maps of several laws in turn: even, normal, with a long tail, of few different values. */
function randomMaps(count: number, cells: number, random = randomStream(11, 'maps', cells)): number[][] {
  const laws = [
    () => random.uniform(),
    () => random.normal(),
    () => Math.exp(2 * random.normal()),
    () => random.integer(0, 3),
  ];
  return Array.from({ length: count }, (_, map) => Array.from({ length: cells }, () => Math.fround(laws[map % 4]!())));
}

const numbers = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>() as Float32Array;

describe.each(backends)('selection on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it('the conformance vector of the paper: 33 of the cells 0 … 48 are salient, from 16 on', () => {
    const ramp = Array.from({ length: 49 }, (_, cell) => cell);
    const salient = tf.tidy(() => numbers(salientPatches(tf.tensor3d(ramp, [1, 7, 7]))));
    expect(ramp.filter((cell) => salient[cell] === 1)).toEqual(ramp.slice(16));
  });

  it('counts and choices equal plain loops on 10,000 random maps (1,000 on slower backends)', () => {
    const grid = 7;
    const cells = grid * grid;
    const random = randomStream(12, 'ratios');
    for (let round = 0; round < (backend === backends[0] ? 10 : 1); round++) {
      const maps = randomMaps(1000, cells, randomStream(11, 'maps', round));
      const alphas = Float32Array.from(maps, () => random.uniform(0.05, 0.25));
      const harshAlphas = Float32Array.from(maps, () => random.uniform(0.4, 0.7));
      // Few different ranks, so that ties occur in every image.
      const ranks = Float32Array.from({ length: maps.length * cells }, () => random.integer(0, 20) / 20);
      const [salient, positive, negative] = tf.tidy(() => {
        const salient = salientPatches(tf.tensor3d(maps.flat(), [maps.length, grid, grid]));
        const order = tf.tensor3d(ranks, [maps.length, 1, cells]);
        const chosen = (ratio: Float32Array, count: (inputs: Parameters<typeof positiveCounts>[0]) => PatchCounts) => {
          const inputs = { ratio: tf.tensor1d(ratio), salient: tf.sum(salient, [1, 2]), patches: cells };
          return numbers(selectPatches(order, salient, possibleCounts(count(inputs), inputs)));
        };
        return [
          numbers(salient),
          chosen(alphas, (inputs) => positiveCounts(inputs)),
          chosen(harshAlphas, (inputs) => negativeCounts(inputs, true)),
        ];
      });
      maps.forEach((map, image) => {
        if (margin(map) < 1e-6) return;
        const of = (all: Float32Array): number[] => [...all.subarray(image * cells, (image + 1) * cells)];
        const isSalient = foreground(map);
        expect(of(salient!)).toEqual(isSalient);
        const count = isSalient.reduce((sum, flag) => sum + flag, 0);
        const order = ranks.subarray(image * cells, (image + 1) * cells);
        const [inForeground, inBackground] = positivePatches(alphas[image]!, count, cells);
        const wanted = [
          ...firstByRank(isSalient, order, inForeground),
          ...firstByRank(
            isSalient.map((flag) => 1 - flag),
            order,
            inBackground,
          ),
        ];
        const chosen = of(positive!);
        expect(chosen.flatMap((flag, cell) => (flag ? [cell] : []))).toEqual(wanted.sort((a, b) => a - b));
        const harsh = negativePatches(harshAlphas[image]!, count, cells, true);
        expect(of(negative!).flatMap((flag, cell) => (flag ? [cell] : []))).toEqual(
          firstByRank(isSalient, order, harsh).sort((a, b) => a - b),
        );
      });
    }
  });

  it('A12: ratios of 0, 0.001 and 1 choose no patch, no patch and all patches', () => {
    const salient = salientPatches(tf.tensor3d(randomMaps(3, 49).flat(), [3, 7, 7]));
    const count = tf.sum(salient, [1, 2]);
    const inputs = { ratio: tf.tensor1d([0, 0.001, 1]), salient: count, patches: 49 };
    const ranks = tf.tensor3d(randomMaps(3, 49).flat(), [3, 1, 49]);
    const total = (counts: PatchCounts) =>
      numbers(tf.sum(selectPatches(ranks, salient, possibleCounts(counts, inputs)), [1, 2, 3]));
    expect([...total(positiveCounts(inputs))]).toEqual([0, 0, 49]);
    expect([...total(positiveCounts(inputs, 'proportional'))]).toEqual([0, 0, 49]);
    expect([...total(negativeCounts(inputs))]).toEqual([0, 0, numbers(count)[2]]);
  });
});

describe('selection', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it('salient patches and background lose the same share in expectation', () => {
    // The salient cells are as many as the map's number modulo 48, plus 1; every choice is counted.
    const [images, cells] = [24_000, 49];
    const maps = Float32Array.from({ length: images * cells }, (_, place) =>
      place % cells <= Math.floor(place / cells) % 48 ? 1 : 0,
    );
    const shares = (backgroundCount: 'total' | 'proportional'): [number, number] =>
      tf.tidy(() => {
        const plan = { a: { from: 'a', mask: 'positive' } } as const;
        const masker = patchMasking({
          plan,
          strategy: { kind: 'mean' },
          foreground: { threshold: 0.5 },
          backgroundCount,
        });
        const noise = upload(masker.noise(batchOf(images, 7, ['a'])));
        const salient = tf.tensor3d(maps, [images, 7, 7]);
        const { masks } = masker.apply({ a: tf.zeros([images, 7, 7, 3]) }, { a: salient }, noise);
        const masked = tf.mean(masks.a!, 3);
        const share = (of: Tensor): number => numbers(tf.div(tf.sum(tf.mul(masked, of)), tf.sum(of)))[0]!;
        return [share(salient), share(tf.sub(1, salient))];
      });
    // The mean of alpha; 600,000 cells on each side, whose share has a standard error below 0.001.
    const [salient, background] = shares('proportional');
    expect(Math.abs(salient - 0.15)).toBeLessThan(0.003);
    expect(Math.abs(background - 0.15)).toBeLessThan(0.003);
    expect(Math.abs(salient - background)).toBeLessThan(0.003);
    // The released form rounds the total down, half a patch on average, at the background's expense.
    const [sameSalient, fewer] = shares('total');
    expect(sameSalient).toBe(salient);
    expect(background - fewer).toBeGreaterThan(0.01);
    expect(background - fewer).toBeLessThan(0.03);
  });

  it('chooses every salient patch equally often', () => {
    const images = 20_000;
    const ranks = new Float32Array(images * 49);
    randomStream(13, 'ranks').fillUniform(ranks);
    const frequency = tf.tidy(() => {
      const salient = tf.tile(tf.tensor3d([...new Array(30).fill(1), ...new Array(19).fill(0)], [1, 7, 7]), [
        images,
        1,
        1,
      ]);
      const counts = { salient: tf.fill([images], 9), background: tf.fill([images], 2) };
      return numbers(tf.mean(selectPatches(tf.tensor3d(ranks, [images, 1, 49]), salient, counts), 0));
    });
    // Five standard errors.
    const allowed = (p: number): number => 5 * Math.sqrt((p * (1 - p)) / images);
    frequency.forEach((share, cell) => {
      const p = cell < 30 ? 9 / 30 : 2 / 19;
      expect(Math.abs(share - p), `cell ${cell}`).toBeLessThan(allowed(p));
    });
  });

  it('follows the order of the ranks', () => {
    const patches = [40, 3, 17, 22];
    const chosen = tf.tidy(() =>
      numbers(
        selectPatches(tf.tensor3d(orderedRanks(patches, 49), [1, 1, 49]), tf.ones([1, 7, 7]), {
          salient: tf.tensor1d([4]),
          background: tf.tensor1d([0]),
        }),
      ),
    );
    expect([...chosen].flatMap((flag, patch) => (flag ? [patch] : []))).toEqual([3, 17, 22, 40]);
  });

  it('salient patches do not depend on scale and offset of the map', () => {
    const map = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 16, maxLength: 16 });
    const scale = fc.constantFrom(1e-12, 1e-3, 1, 1e6, 1e15);
    fc.assert(
      fc.property(map, scale, (cells, factor) => {
        fc.pre(margin(cells) > 1e-5);
        tf.tidy(() => {
          const base = tf.tensor3d(cells, [1, 4, 4]);
          const wanted = numbers(salientPatches(base, { grid: 4 }));
          expect(numbers(salientPatches(tf.mul(base, factor), { grid: 4 }))).toEqual(wanted);
          expect(numbers(salientPatches(tf.add(base, 50), { grid: 4 }))).toEqual(wanted);
        });
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('a relax of 0 is the rule of SCDA, and a large one takes all', () => {
    const map = tf.tensor3d([0, 1, 2, 9], [1, 2, 2]);
    expect([...numbers(salientPatches(map, { grid: 2, rule: { relax: 0 } }))]).toEqual([0, 0, 0, 1]);
    expect([...numbers(salientPatches(map, { grid: 2, rule: { relax: 3 } }))]).toEqual([1, 1, 1, 1]);
    expect([...numbers(salientPatches(map, { grid: 2, rule: { threshold: 2 } }))]).toEqual([0, 0, 1, 1]);
  });

  it('area averages keep the mean of maps, enlarged or reduced', () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(side, side, side, side, (height, width, rows, columns) => {
        tf.tidy(() => {
          const values = new Float32Array(height * width);
          randomStream(14, 'map', height, width).fillUniform(values);
          const averaged = areaAverage(tf.tensor3d(values, [1, height, width]), [rows, columns]);
          expect(averaged.shape).toEqual([1, rows, columns]);
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          expect(numbers(tf.mean(averaged))[0]).toBeCloseTo(mean, 5);
        });
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('features are summed over their channels', () => {
    tf.tidy(() => {
      const features = tf.tensor4d([0, 1, 5, 0, 2, 2, 1, 1], [1, 2, 2, 2]);
      const sums = tf.tensor3d([1, 5, 4, 2], [1, 2, 2]);
      expect(numbers(salientPatches(features, { grid: 2 }))).toEqual(numbers(salientPatches(sums, { grid: 2 })));
    });
  });

  it.each([
    ['a map without rows', () => salientPatches(tf.zeros([4, 4])), 'SALIENCY_SHAPE'],
    ['a grid of 0', () => salientPatches(tf.zeros([1, 4, 4]), { grid: 0 }), 'MASK_OPTION'],
    ['a negative relax', () => salientPatches(tf.zeros([1, 4, 4]), { rule: { relax: -1 } }), 'MASK_OPTION'],
    ['no threshold', () => salientPatches(tf.zeros([1, 4, 4]), { rule: { threshold: Number.NaN } }), 'MASK_OPTION'],
  ])('refuses %s', (_what, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
