import { linearProbe } from '@ssl-scene/evaluators';
import { tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFeatures, randomLabels } from './random-features.ts';
import { storedFeatures } from './stored-features.ts';

const backends = await availableBackends(useBackend);
const goldenCases = casesOf('classification-metrics', 'logisticRegression');
const stored = storedFeatures();

/** Classes as clouds of normal points around centres, some dimensions without meaning. */
function clouds(rows: number, dimension: number, classes: number, seed: number): { x: Float32Array; y: Int32Array } {
  const [x, y] = [randomFeatures(rows, dimension, seed), randomLabels(rows, classes, seed)];
  const centres = randomFeatures(classes, dimension, 99);
  for (let row = 0; row < rows; row++) {
    for (let d = 0; d < dimension; d++) x[row * dimension + d]! += 0.4 * centres[y[row]! * dimension + d]!;
  }
  return { x, y };
}

describe.each(backends)('linearProbe on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  describe.skipIf(goldenCases.length === 0)('golden values (needs shared/golden)', () => {
    // biome-ignore lint/suspicious/noExplicitAny: arguments of golden cases are JSON
    const fit = (args: any, type: typeof Float32Array | typeof Float64Array) =>
      linearProbe({
        train: type.from(args.x.flat()),
        trainLabels: args.y,
        test: type.from(args.xTest.flat()),
        testLabels: args.yTest,
        dimension: args.x[0].length,
        classes: 1 + Math.max(...args.y),
        l2: 1 / args.C,
        standardise: false,
        tolerance: 1e-10,
      });

    it.each(goldenCases)('$id', ({ args, expected, tol }) => {
      for (const type of [Float64Array, Float32Array]) {
        const got = fit(args, type);
        const { labels, weights, intercepts } = got.classifier;
        expect(got.converged).toBe(true);
        expectClose([...weights], expected.coef.flat(), tol, 'coef');
        expectClose([...intercepts], expected.intercept, tol, 'intercept');
        expectClose(args.C * got.objective, expected.objective, { rel: 1e-6 }, 'objective');
        expectClose([got.trainAccuracy, got.accuracy], [expected.trainAccuracy, expected.testAccuracy], { abs: 1e-12 });
        const some = got.scores.subarray(0, expected.testProbability.length * labels.length);
        expectClose([...some], expected.testProbability.flat(), tol, 'probabilities');
      }
    });
  });

  it.skipIf(!stored)('reaches the stored accuracy of real features (needs shared/data)', () => {
    const { train, trainLabels, test, testLabels, reference } = stored!;
    const rows = backend === 'native' ? 10_000 : 2000;
    const result = linearProbe({
      train: train.subarray(0, rows * 64),
      trainLabels: trainLabels.subarray(0, rows),
      test,
      testLabels,
      dimension: 64,
      classes: 10,
    });
    const want = reference.logistic_regression_C1_standardised;
    expect(result.converged).toBe(true);
    expect(Math.abs(result.accuracy - want.test_accuracy)).toBeLessThanOrEqual(rows === 10_000 ? 5e-4 : 0.01);
    expect(Math.abs(result.trainAccuracy - want.train_accuracy)).toBeLessThanOrEqual(1e-4);
  });

  it('finds the same optimum by float32 products as in double precision, and leaves no tensor behind', () => {
    const { x, y } = clouds(2200, 40, 24, 1);
    const before = tf.memory().numTensors;
    const options = { trainLabels: y, testLabels: y, dimension: 40, classes: 24 };
    const single = linearProbe({ ...options, train: x, test: x });
    const double = linearProbe({ ...options, train: Float64Array.from(x), test: Float64Array.from(x) });
    expect(tf.memory().numTensors).toBe(before);
    expect(single.converged && double.converged).toBe(true);
    expectClose(single.objective, double.objective, { rel: 1e-6 });
    expectClose([...single.classifier.weights], [...double.classifier.weights], { abs: 1e-3 });
    expect(Math.abs(single.accuracy - double.accuracy)).toBeLessThanOrEqual(2 / 2200);
  });

  it('V13: features times 100 and moved give the same standardised fit', () => {
    const { x, y } = clouds(400, 6, 3, 2);
    const options = { trainLabels: y, testLabels: y, dimension: 6, classes: 3 };
    const plain = linearProbe({ ...options, train: x, test: x });
    const scaled = x.map((value) => 100 * value + 1000);
    const other = linearProbe({ ...options, train: scaled, test: scaled });
    expect(other.converged).toBe(true);
    expectClose([...other.scores], [...plain.scores], { abs: 1e-3 });
    const raw = linearProbe({ ...options, train: scaled, test: scaled, standardise: false });
    expect(Number.isFinite(raw.objective)).toBe(true);
    expect(raw.accuracy).toBeGreaterThan(0.5);
  });
});

describe('linearProbe', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });
  const { x, y } = clouds(300, 5, 4, 3);
  const base = { train: x, trainLabels: y, test: x, testLabels: y, dimension: 5, classes: 4 };

  it('ends where the gradient of the objective vanishes, by finite differences', () => {
    const { classifier, objective } = linearProbe({ ...base, l2: 0.7, tolerance: 1e-9 });
    const { weights, intercepts, mean, scale } = classifier;
    const value = (w: Float64Array, b: Float64Array): number => {
      let sum = 0;
      for (let row = 0; row < 300; row++) {
        const logits = [...b].map((intercept, k) => {
          let logit = intercept;
          for (let d = 0; d < 5; d++) logit += (w[k * 5 + d]! * (x[row * 5 + d]! - mean[d]!)) / scale[d]!;
          return logit;
        });
        sum += Math.log(logits.reduce((s, logit) => s + Math.exp(logit), 0)) - logits[y[row]!]!;
      }
      return sum + 0.35 * w.reduce((s, v) => s + v * v, 0);
    };
    expectClose(value(weights, intercepts), objective, { rel: 1e-6 });
    const step = 1e-3;
    weights.forEach((_, i) => {
      const moved = (by: number): number =>
        value(
          weights.map((v, j) => (i === j ? v + by : v)),
          intercepts,
        );
      expect(Math.abs(moved(step) - moved(-step)) / (2 * step)).toBeLessThan(1e-3);
    });
  });

  it('leaves rows labelled -1 out of the fit and of the accuracies', () => {
    const hidden = Int32Array.from(y, (label, row) => (row % 3 === 0 ? -1 : label));
    const keep = [...hidden.keys()].filter((row) => hidden[row]! >= 0);
    const kept = Float32Array.from(keep.flatMap((row) => [...x.subarray(row * 5, row * 5 + 5)]));
    const without = linearProbe({ ...base, train: kept, trainLabels: keep.map((row) => y[row]!) });
    const masked = linearProbe({ ...base, trainLabels: hidden });
    expect(masked.objective).toBe(without.objective);
    expect(linearProbe({ ...base, testLabels: hidden.map(() => -1) }).accuracy).toBeNaN();
  });

  it('never predicts a class without training rows, and says so', () => {
    const result = linearProbe({ ...base, classes: 6 });
    const same = linearProbe(base);
    expect(result.scores.length).toBe(300 * 6);
    expect(result.objective).toBe(same.objective);
    expect(result.warnings).toEqual(['2 of 6 classes have no training row and are never predicted.']);
  });

  it('a constant column changes nothing', () => {
    const wide = new Float32Array(300 * 6);
    for (let row = 0; row < 300; row++) {
      wide.set(x.subarray(row * 5, row * 5 + 5), row * 6);
      wide[row * 6 + 5] = 0.1;
    }
    const result = linearProbe({ ...base, train: wide, test: wide, dimension: 6 });
    expectClose(result.objective, linearProbe(base).objective, { rel: 1e-9 });
  });

  it('says when it ran out of steps', () => {
    const { converged, warnings } = linearProbe({ ...base, maxIterations: 2 });
    expect(converged).toBe(false);
    expect(warnings[0]).toMatch(/stopped after 2 steps/);
  });

  it('is the same every time', () => {
    expect(linearProbe(base)).toEqual(linearProbe(base));
  });

  it('refuses bad input, saying what and where', () => {
    expect(() => linearProbe({ ...base, l2: 0 })).toThrow(/PROBE_OPTION.*l2/);
    expect(() => linearProbe({ ...base, trainLabels: y.map(() => 2) })).toThrow(/TOO_FEW_CLASSES.*only class 2/);
    expect(() => linearProbe({ ...base, trainLabels: y.map(() => -1) })).toThrow(/TOO_FEW_CLASSES.*no labelled row/);
    expect(() => linearProbe({ ...base, classes: 3 })).toThrow(/LABEL_RANGE.*trainLabels/);
    expect(() => linearProbe({ ...base, test: x.subarray(1) })).toThrow(/FEATURE_SHAPE.*test/);
    const broken = x.slice();
    broken[7] = Number.POSITIVE_INFINITY;
    expect(() => linearProbe({ ...base, train: broken })).toThrow(/FEATURE_NOT_FINITE.*row 1, column 2/);
  });
});
