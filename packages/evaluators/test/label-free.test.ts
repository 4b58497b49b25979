import {
  alignment,
  alphaReq,
  covarianceSpectrum,
  effectiveRank,
  featureStd,
  lidar,
  linearCka,
  neSum,
  rankMe,
  singularValues,
  uniformity,
} from '@ssl-scene/evaluators';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFeatures } from './random-features.ts';
import { storedFeatures } from './stored-features.ts';

// biome-ignore lint/suspicious/noExplicitAny: arguments of golden cases are JSON
type Json = any;

const flat = (rows: number[][]): Float64Array => Float64Array.from(rows.flat());
const width = (rows: number[][]): number => rows[0]!.length;

const DRIVERS: Record<string, (args: Json) => Json> = {
  rankMe: ({ features, eps }) => ({
    value: rankMe(flat(features), width(features), { epsilon: eps }),
    singularValues: withoutNoise(singularValues(flat(features), features.length, width(features))),
  }),
  effectiveRank: ({ features }) => effectiveRank(flat(features), width(features)),
  featureStd: ({ features }) => featureStd(flat(features), width(features)),
  uniformity: ({ features, t }) => uniformity(flat(features), width(features), { t }),
  neSum: ({ features }) => ({
    value: neSum(flat(features), width(features)),
    eigenvalues: covarianceSpectrum(flat(features), width(features)),
  }),
  alphaReq: ({ features, ...range }) => alphaReq(covarianceSpectrum(flat(features), width(features)), range),
  alphaReqOfSpectrum: ({ eigenvalues, ...range }) => alphaReq(eigenvalues, range),
  alignment: ({ a, b, alpha }) => alignment(flat(a), flat(b), width(a), { alpha }),
  linearCka: ({ x, y }) =>
    linearCka({ features: flat(x), dimension: width(x) }, { features: flat(y), dimension: width(y) }),
  lidar: ({ features, delta, eps }) => {
    const images = features.flatMap((views: number[][], image: number) => views.map(() => image));
    return { value: lidar(flat(features.flat()), images, features[0][0].length, { delta, epsilon: eps }) };
  },
};

/** The golden file drops values that are zero but for rounding. */
function withoutNoise(values: Float64Array): Float64Array {
  return values.map((value) => (value > 1e-12 * Math.max(values[0]!, 1e-300) ? value : 0));
}

const cases = Object.keys(DRIVERS).flatMap((name) => casesOf('label-free', name));

describe.skipIf(cases.length === 0)('label-free measures, golden values (needs shared/golden)', () => {
  it.each(cases)('$function $id', ({ function: name, args, expected, tol }) => {
    const got = DRIVERS[name]!(args);
    const { rawSample: _, eigenvalues, ...wanted } = typeof expected === 'object' ? expected : { value: expected };
    const result = typeof expected === 'object' ? got : { value: got };
    expectClose(result, name === 'neSum' ? { ...wanted, eigenvalues } : wanted, tol);
  });
});

const stored = storedFeatures();

describe.skipIf(!stored)('label-free measures of real features (needs shared/data)', () => {
  it('are what Python gets', () => {
    const { test, reference } = stored!;
    expectClose(uniformity(test.subarray(0, 2000 * 64), 64), reference.uniformity_t2_first_2000_test, { abs: 1e-9 });
    const spectrum = covarianceSpectrum(test, 64);
    const total = spectrum.reduce((sum, value) => sum + value, 0);
    const entropy = spectrum.reduce((sum, value) => sum - (value / total) * Math.log(value / total), 0);
    expectClose(Math.exp(entropy), reference.effective_rank_test_covariance_exp_entropy, { rel: 1e-9 });
  });
});

describe('singularValues', () => {
  it('have the Frobenius norm and do not change when the matrix is turned over', () => {
    const shapes = fc.record({
      rows: fc.integer({ min: 1, max: 12 }),
      columns: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer({ min: 1, max: 999 }),
    });
    fc.assert(
      fc.property(shapes, ({ rows, columns, seed }) => {
        const matrix = Float64Array.from(randomFeatures(rows, columns, seed));
        const turned = matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
        const values = singularValues(matrix, rows, columns);
        expect(values.length).toBe(Math.min(rows, columns));
        expectClose([...singularValues(turned, columns, rows)], [...values], { abs: 1e-12, rel: 1e-12 });
        const squares = (numbers: Float64Array): number => numbers.reduce((sum, value) => sum + value * value, 0);
        expectClose(squares(values), squares(matrix), { rel: 1e-12 });
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('errs by rounding of the largest value, and gives 0 for what is below that', () => {
    // The columns (1, 1) and (1, 1 + d) have the product of singular values d.
    const d = 2 ** -40;
    const [large, small] = singularValues(Float64Array.of(1, 1, 1, 1 + d), 2, 2);
    expectClose(small!, d / large!, { abs: 1e-15 });
    expect([...singularValues(new Float64Array(6), 2, 3)]).toEqual([0, 0]);
    expect([...singularValues(Float64Array.of(3, 4, 3, 4, 3, 4), 3, 2)][1]).toBeLessThan(1e-15);
  });

  it('equals a diagonal that rotations hide, in a larger matrix', () => {
    const [rows, columns] = [40, 25];
    const matrix = new Float64Array(rows * columns);
    for (let i = 0; i < columns; i++) matrix[i * columns + i] = 1 / (i + 1);
    const random = randomFeatures(2, 60, 4);
    for (let turn = 0; turn < 60; turn++) {
      const [cosine, sine] = [Math.cos(random[turn]!), Math.sin(random[turn]!)];
      const rotate = (a: number, b: number): void => {
        const [x, y] = [matrix[a]!, matrix[b]!];
        matrix[a] = cosine * x - sine * y;
        matrix[b] = sine * x + cosine * y;
      };
      const [row, other] = [turn % rows, (turn * 7 + 3) % rows];
      if (row !== other) for (let j = 0; j < columns; j++) rotate(row * columns + j, other * columns + j);
      const [column, next] = [turn % columns, (turn * 11 + 4) % columns];
      if (column !== next) for (let i = 0; i < rows; i++) rotate(i * columns + column, i * columns + next);
    }
    const want = Array.from({ length: columns }, (_, i) => 1 / (i + 1));
    expectClose([...singularValues(matrix, rows, columns)], want, { abs: 1e-14 });
  });
});

describe('lidar', () => {
  it('V15: groups rows by image, not by position', () => {
    const features = Float64Array.from(randomFeatures(24, 5, 1));
    const images = Array.from({ length: 24 }, (_, row) => Math.floor(row / 4));
    const order = Array.from({ length: 24 }, (_, row) => (row * 7) % 24);
    const shuffled = Float64Array.from(order.flatMap((row) => [...features.subarray(row * 5, row * 5 + 5)]));
    const ids = order.map((row) => 100 - images[row]!);
    expectClose(lidar(shuffled, ids, 5), lidar(features, images, 5), { rel: 1e-12 });
  });

  it('refuses a delta that leaves the covariance within images singular', () => {
    const features = Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1);
    expect(lidar(features, [1, 1, 2, 2], 2)).toBeGreaterThan(1);
    expect(() => lidar(features, [1, 1, 2, 2], 2, { delta: 0 })).toThrow(/LIDAR_CONDITION.*delta/);
  });

  it('refuses an image with one view, saying which', () => {
    expect(() => lidar(new Float64Array(6), [1, 1, 7], 2)).toThrow(/LIDAR_GROUPS.*image 7 with one row/);
  });
});

describe('label-free measures', () => {
  it('refuse bad input', () => {
    expect(() => rankMe(Float64Array.of(1, Number.NaN), 2)).toThrow(/FEATURE_NOT_FINITE.*rankMe/);
    expect(() => uniformity(new Float64Array(3), 2)).toThrow(/FEATURE_SHAPE.*uniformity/);
    expect(() => alignment(new Float64Array(4), new Float64Array(2), 2)).toThrow(/FEATURE_SHAPE.*2 and 1 rows/);
    expect(() => covarianceSpectrum(new Float64Array(2), 2)).toThrow(/TOO_FEW_ROWS/);
    expect(() => alphaReq([3, 2, 1], { first: 2, last: 4 })).toThrow(/SPECTRUM_RANGE/);
    const matrix = (rows: number) => ({ features: new Float64Array(rows * 2), dimension: 2 });
    expect(() => linearCka(matrix(2), matrix(3))).toThrow(/FEATURE_SHAPE.*2 and 3 rows/);
  });
});
