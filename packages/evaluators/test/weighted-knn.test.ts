import { type Features, weightedKnn } from '@ssl-scene/evaluators';
import { tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFeatures, randomLabels } from './random-features.ts';
import { storedFeatures } from './stored-features.ts';

const backends = await availableBackends(useBackend);
const goldenCases = casesOf('classification-metrics', 'weightedKnn');
const stored = storedFeatures();

/** The definition word for word: scores of each query by class. */
function loopReference(
  bank: Features,
  labels: ArrayLike<number>,
  queries: Features,
  { dimension, classes, k, temperature }: { dimension: number; classes: number; k: number; temperature: number },
): number[][] {
  const row = (features: Features, index: number): number[] => {
    const values = [...features.subarray(index * dimension, (index + 1) * dimension)];
    const length = Math.max(Math.hypot(...values), 1e-12);
    return values.map((value) => value / length);
  };
  return Array.from({ length: queries.length / dimension }, (_, q) => {
    const query = row(queries, q);
    const neighbours = Array.from(labels, (label, index) => ({
      label,
      cosine: row(bank, index).reduce((sum, value, d) => sum + value * query[d]!, 0),
    }))
      .filter(({ label }) => label >= 0)
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, k);
    const votes = new Array(classes).fill(0);
    for (const { label, cosine } of neighbours) votes[label] += Math.exp(cosine / temperature);
    const total = votes.reduce((sum, vote) => sum + vote, 0);
    return votes.map((vote) => vote / total);
  });
}

function loopCosines(bank: Float32Array, query: Float32Array, dimension: number): number[] {
  return Array.from({ length: bank.length / dimension }, (_, index) => {
    const row = bank.subarray(index * dimension, (index + 1) * dimension);
    const product = row.reduce((sum, value, d) => sum + value * query[d]!, 0);
    return product / Math.hypot(...row) / Math.hypot(...query);
  });
}

describe.each(backends)('weightedKnn on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  describe.skipIf(goldenCases.length === 0)('golden values (needs shared/golden)', () => {
    it.each(goldenCases)('$id, in both precisions', ({ args, expected, tol }) => {
      const dimension = args.bank[0].length;
      const run = (type: typeof Float32Array | typeof Float64Array) =>
        weightedKnn({
          bank: type.from(args.bank.flat()),
          bankLabels: args.labels,
          queries: type.from(args.queries.flat()),
          dimension,
          classes: args.classes,
          k: args.k,
          temperature: args.temperature,
        });
      const [double, single] = [run(Float64Array), run(Float32Array)];
      expected.forEach((want: { prediction: number; share: number[]; acceptable?: number[] }, query: number): void => {
        const shares = (scores: Float64Array): number[] => [
          ...scores.subarray(query * args.classes, (query + 1) * args.classes),
        ];
        expectClose(shares(double.scores), want.share, tol, `query ${query}`);
        // Rounding the features to float32 moves cosines by 1e-7, which 1/T magnifies.
        const single32 = { abs: 1e-6 + 2e-7 / args.temperature };
        expectClose(shares(single.scores), want.share, single32, `query ${query} in float32`);
        for (const { predictions } of [double, single]) {
          expect(want.acceptable ?? [want.prediction]).toContain(predictions[query]);
        }
      });
    });
  });

  it('equals the loop reference for random shapes, chunks and both precisions', () => {
    const shapes = fc.record({
      bankRows: fc.integer({ min: 1, max: 40 }),
      queryRows: fc.integer({ min: 1, max: 6 }),
      dimension: fc.integer({ min: 1, max: 12 }),
      k: fc.integer({ min: 1, max: 45 }),
      chunk: fc.integer({ min: 1, max: 7 }),
      temperature: fc.constantFrom(0.05, 0.1, 1),
      seed: fc.integer({ min: 1, max: 1000 }),
      double: fc.boolean(),
    });
    fc.assert(
      fc.property(shapes, ({ bankRows, queryRows, dimension, k, chunk, temperature, seed, double }) => {
        const type = double ? Float64Array : Float32Array;
        const bank = type.from(randomFeatures(bankRows, dimension, seed));
        const queries = type.from(randomFeatures(queryRows, dimension, seed + 1));
        const bankLabels = randomLabels(bankRows, 4, seed);
        const options = { dimension, classes: 4, k, temperature };
        const want = loopReference(bank, bankLabels, queries, options);
        const got = weightedKnn({ bank, bankLabels, queries, ...options, chunk });
        expectClose([...got.scores], want.flat(), { abs: 1e-9 });
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  it('V01: is the same for every chunk, and leaves no tensor behind', () => {
    const [bank, queries] = [randomFeatures(300, 32, 1), randomFeatures(50, 32, 2)];
    const bankLabels = randomLabels(300, 5, 3);
    const before = tf.memory().numTensors;
    const run = (chunk?: number) =>
      weightedKnn({ bank, bankLabels, queries, dimension: 32, classes: 5, k: 20, ...(chunk ? { chunk } : {}) });
    const whole = run();
    for (const chunk of [1, 7, 50, 1000]) expect(run(chunk)).toEqual(whole);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is exact among neighbours that float32 cannot tell apart', () => {
    // Small turns away from one direction: cosines differ by 1e-8, less than float32 products round.
    const [rows, dimension, k] = [200, 48, 10];
    const queries = randomFeatures(1, dimension, 1);
    const turns = randomFeatures(rows, dimension, 2);
    const bank = turns.map((turn, i) => queries[i % dimension]! + 1e-4 * turn);
    const rank = loopCosines(bank, queries, dimension)
      .map((cosine, row) => ({ cosine, row }))
      .sort((x, y) => y.cosine - x.cosine);
    const bankLabels = new Int32Array(rows);
    for (const { row } of rank.slice(0, k)) bankLabels[row] = 1;
    const { scores } = weightedKnn({ bank, bankLabels, queries, dimension, classes: 2, k });
    expect([...scores]).toEqual([0, 1]);
  });

  it.skipIf(!stored)('gives the stored accuracy of real features (needs shared/data)', () => {
    const { train, trainLabels, test, testLabels, reference } = stored!;
    const count = backend === 'native' ? 10_000 : 400;
    const { accuracy } = weightedKnn({
      bank: train,
      bankLabels: trainLabels,
      queries: test.subarray(0, count * 64),
      queryLabels: testLabels.subarray(0, count),
      dimension: 64,
      classes: 10,
      k: 20,
      temperature: 0.07,
    });
    const want = reference.knn_cosine[20]['weighted_exp_sim_over_0.07'];
    // The first 400 images are a sample: two standard errors of an accuracy of 92 % are 0.027.
    expect(Math.abs(accuracy - want)).toBeLessThanOrEqual(count === 10_000 ? 1e-12 : 0.027);
  });

  it('gives bit by bit the same on every backend', async () => {
    const [bank, queries] = [randomFeatures(500, 24, 4), randomFeatures(40, 24, 5)];
    const options = { bank, bankLabels: randomLabels(500, 7, 6), queries, dimension: 24, classes: 7, k: 30 };
    const here = weightedKnn(options);
    await useBackend({ backend: 'cpu' });
    const plain = weightedKnn(options);
    await useBackend({ backend });
    expect(here).toEqual(plain);
  });
});

describe('weightedKnn', () => {
  const bank = Float32Array.of(1, 0, 0, 1, -1, 0);
  const base = { bank, bankLabels: [0, 1, 2], queries: Float32Array.of(1, 0.1), dimension: 2, classes: 3 };

  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });

  it('V03: lowers a k beyond the bank to the bank, with a warning', () => {
    const { k, warnings } = weightedKnn({ ...base, k: 200 });
    expect(k).toBe(3);
    expect(warnings).toEqual(['k was lowered from 200 to 3, the number of labelled rows of the bank.']);
    expect(weightedKnn({ ...base, k: 3 }).warnings).toEqual([]);
  });

  it('V04: stays finite where exp(1/T) overflows', () => {
    const { scores, predictions } = weightedKnn({ ...base, temperature: 1e-4 });
    expect([...scores].every(Number.isFinite)).toBe(true);
    expect(predictions[0]).toBe(0);
  });

  it('V06: the shares of a query sum to one', () => {
    const queries = randomFeatures(20, 8, 1);
    const options = { bank: randomFeatures(60, 8, 2), bankLabels: randomLabels(60, 6, 3), dimension: 8, classes: 6 };
    const { scores } = weightedKnn({ ...options, queries, k: 9 });
    for (let query = 0; query < 20; query++) {
      const total = scores.subarray(query * 6, (query + 1) * 6).reduce((sum, share) => sum + share, 0);
      expect(total).toBeCloseTo(1, 12);
    }
  });

  it('V07: the number of classes is what the caller says, not what the labels show', () => {
    expect(weightedKnn({ ...base, bankLabels: [0, 0, 0], classes: 5 }).scores.length).toBe(5);
    expect(() => weightedKnn({ ...base, classes: 2 })).toThrow(/LABEL_RANGE.*2 for row 2/);
    expect(() => weightedKnn({ ...base, classes: Number.NaN })).toThrow(/CLASS_COUNT/);
  });

  it('V09: rows labelled -1 neither vote nor count', () => {
    const queries = Float32Array.of(1, 0, 0, 1);
    const { accuracy, k, scores } = weightedKnn({
      ...base,
      queries,
      bankLabels: [-1, 1, 2],
      queryLabels: [-1, 1],
    });
    expect(k).toBe(2);
    expect(scores[0]).toBe(0);
    expect(accuracy).toBe(1);
    expect(() => weightedKnn({ ...base, bankLabels: [-1, -1, -1] })).toThrow(/EMPTY_BANK/);
    expect(weightedKnn(base).accuracy).toBeNaN();
  });

  it('breaks ties by the lower row of the bank, then by the lower class', () => {
    const same = new Float32Array(8).fill(1);
    const options = { bank: same, queries: Float32Array.of(1, 1), dimension: 2, classes: 4 };
    expect([...weightedKnn({ ...options, bankLabels: [3, 2, 0, 0], k: 2 }).scores]).toEqual([0, 0, 0.5, 0.5]);
    expect([...weightedKnn({ ...options, bankLabels: [3, 2, 0, 0], k: 2 }).predictions]).toEqual([2]);
  });

  it('V10: two halves of the queries give what the whole gives', () => {
    const [features, queries] = [randomFeatures(80, 6, 1), randomFeatures(30, 6, 2)];
    const options = { bank: features, bankLabels: randomLabels(80, 4, 3), dimension: 6, classes: 4, k: 7 };
    const whole = weightedKnn({ ...options, queries });
    const halves = [queries.subarray(0, 90), queries.subarray(90)].flatMap((part) => [
      ...weightedKnn({ ...options, queries: part }).scores,
    ]);
    expect(halves).toEqual([...whole.scores]);
  });

  it('refuses bad input, saying what and where', () => {
    expect(() => weightedKnn({ ...base, dimension: 4 })).toThrow(/FEATURE_SHAPE.*queries/);
    expect(() => weightedKnn({ ...base, queries: Float32Array.of(1, Number.NaN) })).toThrow(
      /FEATURE_NOT_FINITE.*NaN in row 0, column 1.*queries/,
    );
    expect(() => weightedKnn({ ...base, bankLabels: [0, 1] })).toThrow(/LABEL_COUNT.*3 labels.*bankLabels/);
    expect(() => weightedKnn({ ...base, queryLabels: [4] })).toThrow(/LABEL_RANGE.*queryLabels/);
    for (const k of [0, 1.5, Number.NaN]) expect(() => weightedKnn({ ...base, k })).toThrow(/KNN_OPTION.*option k/);
    expect(() => weightedKnn({ ...base, temperature: 0 })).toThrow(/KNN_OPTION.*temperature/);
    expect(() => weightedKnn({ ...base, chunk: 0 })).toThrow(/KNN_OPTION.*chunk/);
  });
});
