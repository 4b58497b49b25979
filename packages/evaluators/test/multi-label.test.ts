import { readFileSync } from 'node:fs';
import {
  averagePrecision,
  linearProbe,
  meanAveragePrecision,
  multiLabelKnn,
  multiLabelProbe,
  multiLabels,
  weightedKnn,
} from '@ssl-scene/evaluators';
import { tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFeatures, randomLabels } from './random-features.ts';

interface Precisions {
  readonly scores: number[][];
  readonly perClass: (number | null)[];
  readonly mean: number;
  readonly micro: number;
}

const reference = JSON.parse(readFileSync(new URL('./fixtures/multi-label.json', import.meta.url), 'utf8')) as {
  dimension: number;
  classes: number;
  k: number;
  temperature: number;
  train: number[][];
  trainLabels: number[][];
  test: number[][];
  testLabels: number[][];
  tied: Precisions;
  knn: Precisions;
  probes: (Precisions & { l2: number; coef: number[][] })[];
};
const { dimension, classes, k, temperature } = reference;
const [train, test] = [Float32Array.from(reference.train.flat()), Float32Array.from(reference.test.flat())];
const [trainLabels, testLabels] = [reference.trainLabels.flat(), reference.testLabels.flat()];
const precisionsOf = ({ perClass, mean, micro }: Precisions) => ({
  perClass: perClass.map((value) => value ?? Number.NaN),
  mean,
  micro,
});

const backends = await availableBackends(useBackend);
const goldenCases = casesOf('classification-metrics', 'averagePrecision');
const goldenSets = casesOf('classification-metrics', 'multiLabelMap');

describe.skipIf(goldenCases.length === 0)('average precision, golden values (needs shared/golden)', () => {
  it.each(goldenCases)('$id', ({ args: { scores, labels }, expected, tol }) => {
    const sums = { stepwise: 'steps', allPoint: 'all-point', voc11: 'eleven-point' } as const;
    for (const [name, sum] of Object.entries(sums)) {
      if (name in expected) expectClose(averagePrecision(scores, labels, { sum }), expected[name], tol, name);
    }
  });

  it.each(goldenSets)('$id', ({ args: { scores, labels }, expected, tol }) => {
    const ofSum = (sum: 'steps' | 'all-point') =>
      meanAveragePrecision(scores.flat(), labels.flat(), scores[0].length, { sum });
    expectClose(ofSum('steps').perClass, expected.perClassStepwise, tol);
    expectClose(ofSum('steps').mean, expected.mapStepwise, tol);
    expectClose(ofSum('all-point').perClass, expected.perClassAllPoint, tol);
    expectClose(ofSum('all-point').mean, expected.mapAllPoint, tol);
  });
});

describe('mean average precision', () => {
  it('is scikit-learn’s with many ties, by class, macro and micro', () => {
    const got = meanAveragePrecision(reference.tied.scores.flat(), testLabels, classes);
    expectClose(got, precisionsOf(reference.tied), { abs: 1e-12 });
  });

  it('leaves out what is not known, and is NaN without positives', () => {
    expect(averagePrecision([3, 2, 1], [-1, 1, 0])).toBe(1);
    expect(averagePrecision([3, 2, 1], [0, 0, -1])).toBeNaN();
    expect(averagePrecision([], [])).toBeNaN();
  });

  it('does not depend on the order of equal scores', () => {
    expect(averagePrecision([1, 1, 1, 0], [1, 0, 0, 0])).toBe(1 / 3);
    expect(averagePrecision([1, 1, 1, 0], [0, 0, 1, 0])).toBe(1 / 3);
  });

  it('refuses bad input, saying what and where', () => {
    expect(() => averagePrecision([1, Number.NaN], [1, 0])).toThrow(/SCORE_NOT_FINITE.*NaN at 1/);
    expect(() => averagePrecision([1, 2], [1])).toThrow(/LABEL_COUNT.*averagePrecision/);
    expect(() => meanAveragePrecision([1, 2], [1, 3], 2)).toThrow(/LABEL_RANGE.*3 for row 0, class 1/);
  });
});

describe('multiLabels', () => {
  it('marks what images show, what nobody knows, and images without labels', () => {
    const labels = multiLabels([[2, 0, 2], [], undefined, [1]], 3, { unknown: [undefined, [1], undefined, [1, 2]] });
    expect([...labels]).toEqual([1, 0, 1, 0, -1, 0, -1, -1, -1, 0, 1, -1]);
    expect(() => multiLabels([[0], [3]], 3)).toThrow(/LABEL_RANGE.*3 for image 1/);
  });
});

describe.each(backends)('multi-label evaluation on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });
  const options = { bank: train, bankLabels: trainLabels, queries: test, queryLabels: testLabels, dimension, classes };

  it('kNN: scores by a NumPy loop, precisions by scikit-learn', () => {
    const got = multiLabelKnn({ ...options, k, temperature });
    expectClose([...got.scores], reference.knn.scores.flat(), { abs: 1e-6 });
    expectClose(got, precisionsOf(reference.knn), { abs: 1e-12 });
  });

  it('probe: scikit-learn’s one-vs-rest logistic regression, weak and strong penalties', () => {
    const before = tf.memory().numTensors;
    for (const want of reference.probes) {
      const got = multiLabelProbe({
        train,
        trainLabels,
        test,
        testLabels,
        dimension,
        classes,
        l2: want.l2,
        tolerance: 1e-9,
      });
      expect(got.converged).toBe(true);
      expectClose([...got.scores], want.scores.flat(), { abs: 1e-5 });
      expectClose([...got.classifier.weights], want.coef.flat(), { abs: 1e-4, rel: 1e-4 });
      expectClose(got, precisionsOf(want), { abs: 1e-12 });
      expect(got.warnings).toEqual(['1 of 6 classes are shown by no training row, or by all: not fitted.']);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('probe: float32 products find the optimum of double precision, unknown marks included', () => {
    const [rows, width, many] = [1500, 40, 40];
    const x = randomFeatures(rows, width, 1);
    const marks = randomFeatures(rows, many, 2);
    const labels = Int8Array.from(marks, (mark, i) => {
      if (mark > 2) return -1;
      return mark + x[Math.floor(i / many) * width + ((i % many) % width)]! > 0.8 ? 1 : 0;
    });
    const shared = { trainLabels: labels, testLabels: labels, dimension: width, classes: many, l2: 3 };
    const single = multiLabelProbe({ ...shared, train: x, test: x });
    const double = multiLabelProbe({ ...shared, train: Float64Array.from(x), test: Float64Array.from(x) });
    expectClose(single.objective, double.objective, { rel: 1e-6 });
    expectClose([...single.classifier.weights], [...double.classifier.weights], { abs: 2e-3 });
  });
});

describe('multi-label evaluation', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });
  const base = { bank: train, bankLabels: trainLabels, queries: test, queryLabels: testLabels, dimension, classes };

  it('kNN equals weightedKnn where every image shows one class', () => {
    const [bank, queries] = [randomFeatures(70, 6, 1), randomFeatures(20, 6, 2)];
    const labels = randomLabels(70, 4, 3);
    const sets = multiLabels(
      [...labels].map((label) => [label]),
      4,
    );
    const single = weightedKnn({ bank, bankLabels: labels, queries, dimension: 6, classes: 4, k: 9 });
    const queryLabels = new Int8Array(80);
    const several = multiLabelKnn({ bank, bankLabels: sets, queries, queryLabels, dimension: 6, classes: 4, k: 9 });
    expectClose([...several.scores], [...single.scores], { abs: 1e-15 });
  });

  it('V09: rows without labels have no vote, and a class that is not known no say', () => {
    const bank = Float32Array.of(1, 0, 1, 0.1, 0, 1);
    const bankLabels = multiLabels([undefined, [0], [1]], 2, { unknown: [undefined, [1], undefined] });
    const options = { bank, bankLabels, queries: Float32Array.of(1, 0), queryLabels: [1, 0], dimension: 2, classes: 2 };
    const { scores, k: used, warnings } = multiLabelKnn({ ...options, k: 3 });
    expect(used).toBe(2);
    expect(warnings).toEqual(['k was lowered from 3 to 2, the number of labelled rows of the bank.']);
    // Class 1 is known of the far row alone.
    expect(scores[0]).toBeGreaterThan(0.99);
    expect(scores[1]).toBe(1);
    expect(() => multiLabelKnn({ ...options, bankLabels: new Int8Array(6).fill(-1) })).toThrow(/EMPTY_BANK/);
  });

  it('V16: evaluators share nothing; a second one leaves the results of the first as they are', () => {
    const first = multiLabelKnn({ ...base, k: 5 });
    const before = structuredClone(first);
    multiLabelKnn({ ...base, k: 9, bank: test, bankLabels: testLabels, queries: train, queryLabels: trainLabels });
    multiLabelProbe({ train, trainLabels, test, testLabels, dimension, classes });
    expect(first).toEqual(before);
  });

  it('V12: results are numbers when the call returns, so that a clock around it measures the work', () => {
    const { scores, mean } = multiLabelKnn(base);
    expect([typeof mean, scores]).toEqual(['number', expect.any(Float64Array)]);
    const probe = multiLabelProbe({ train, trainLabels, test, testLabels, dimension, classes });
    expect([typeof probe.mean, probe.scores]).toEqual(['number', expect.any(Float64Array)]);
  });

  it('several k come from one search', () => {
    const { byK, k: first } = multiLabelKnn({ ...base, k: [5, 20] });
    expect(first).toBe(5);
    expect(byK).toEqual([5, 20].map((one) => ({ k: one, mean: multiLabelKnn({ ...base, k: one }).mean })));
    const labels = reference.trainLabels.map((row) => row.indexOf(1));
    const options = { bank: train, bankLabels: labels, queries: train, queryLabels: labels, dimension, classes };
    const sweep = weightedKnn({ ...options, k: [1, 7, 500] });
    expect(sweep.byK.map((item) => item.k)).toEqual([1, 7, labels.filter((label) => label >= 0).length]);
    for (const { k: one, accuracy } of sweep.byK) expect(weightedKnn({ ...options, k: one }).accuracy).toBe(accuracy);
    expect(() => weightedKnn({ ...options, k: [] })).toThrow(/KNN_OPTION.*none/);
  });

  it('a penalty is chosen without a look at the test rows, and the last fit is to all rows', () => {
    const shared = { train, trainLabels, test, dimension, classes };
    const l2 = [0.01, 1, 100, 10_000];
    const chosen = multiLabelProbe({ ...shared, testLabels, l2 });
    const other = multiLabelProbe({ ...shared, testLabels: testLabels.map((mark) => 1 - mark), l2 });
    expect(chosen.tried.map((item) => item.l2)).toEqual(l2);
    expect(other.tried).toEqual(chosen.tried);
    const best = Math.max(...chosen.tried.map((item) => item.validation));
    expect(chosen.tried.find((item) => item.l2 === chosen.l2)!.validation).toBe(best);
    expect(chosen.scores).toEqual(multiLabelProbe({ ...shared, testLabels, l2: chosen.l2 }).scores);
    const again = multiLabelProbe({ ...shared, testLabels, l2, seed: 1 });
    expect(again.tried).not.toEqual(chosen.tried);
  });

  it('a penalty is chosen by whole groups: copies of a row do not vouch for each other', () => {
    // Five copies of each row, labelled at random: whoever holds copies out finds that learning by heart pays.
    const [rows, width] = [30, 40];
    const features = randomFeatures(rows, width, 1);
    const labels = randomLabels(rows, 2, 2);
    const copies = Array.from({ length: 5 * rows }, (_, i) => Math.floor(i / 5));
    const copied = Float32Array.from(copies.flatMap((row) => [...features.subarray(row * width, (row + 1) * width)]));
    const shared = { train: copied, trainLabels: copies.map((row) => labels[row]!), dimension: width, classes: 2 };
    const options = { ...shared, test: features, testLabels: labels, l2: [1e-3, 1e6] };
    const byRow = linearProbe(options);
    expect(byRow.tried[0]!.validation).toBe(1);
    const byGroup = linearProbe({ ...options, groups: copies });
    expect(byGroup.tried[0]!.validation).toBeLessThan(0.9);
    expect(() => linearProbe({ ...options, groups: [1] })).toThrow(/PROBE_OPTION.*150 numbers.*groups/);
  });

  it('refuses bad input, saying what and where', () => {
    expect(() => multiLabelKnn({ ...base, bankLabels: [1] })).toThrow(/LABEL_COUNT.*60 × 6.*bankLabels/);
    expect(() => multiLabelKnn({ ...base, k: 0 })).toThrow(/KNN_OPTION.*multiLabelKnn, option k/);
    const probe = { train, trainLabels, test, testLabels, dimension, classes };
    expect(() => multiLabelProbe({ ...probe, trainLabels: trainLabels.map(() => 1) })).toThrow(/TOO_FEW_CLASSES/);
    expect(() => multiLabelProbe({ ...probe, l2: [1, -1] })).toThrow(/PROBE_OPTION.*l2/);
    expect(() => multiLabelProbe({ ...probe, l2: [] })).toThrow(/PROBE_OPTION.*l2/);
    expect(() => multiLabelProbe({ ...probe, l2: [1, 2], validationShare: 1 })).toThrow(
      /PROBE_OPTION.*validationShare/,
    );
  });
});
