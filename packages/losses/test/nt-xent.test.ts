import { ntXent } from '@ssl-scene/losses';
import { jit, type Tensor, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose, type GoldenCase } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradients, matrix, nested, randomMatrix } from './matrices.ts';

const backends = await availableBackends(useBackend);
const goldenCases = casesOf(['losses', 'numerics-losses'], 'ntXent');
const zeroRowCases = casesOf('numerics-losses', 'ntXentZeroRows');

/** The definition word for word, in double precision: the loss of each of the 2N rows. */
function loopReference(a: number[][], b: number[][], temperature: number): number[] {
  const unit = (row: number[]): number[] => {
    const length = Math.max(Math.hypot(...row), 1e-12);
    return row.map((value) => value / length);
  };
  const rows = [...a, ...b].map(unit);
  const cosine = (i: number, j: number): number => rows[i]!.reduce((sum, x, d) => sum + x * rows[j]![d]!, 0);
  return rows.map((_, i) => {
    const partner = (i + a.length) % rows.length;
    const logits = rows.flatMap((_, j) => (j === i ? [] : [cosine(i, j) / temperature]));
    const largest = Math.max(...logits);
    const logSum = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
    return logSum - cosine(i, partner) / temperature;
  });
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function evaluate({ args }: GoldenCase): { loss: number; perSample: number[]; gradA: number[][]; gradB: number[][] } {
  const weights = args.weights ? tf.tensor1d(args.weights) : undefined;
  const options = { temperature: args.tau, ...(args.baseTau ? { baseTemperature: args.baseTau } : {}) };
  const { loss, aux, grads } = valueAndGrad(
    ({ a, b }) => {
      const { loss, perSample } = ntXent(a!, b!, options);
      return { loss: weights ? tf.mean(tf.mul(weights, perSample)) : loss, aux: { perSample } };
    },
    { a: matrix(args.a), b: matrix(args.b) },
  );
  return {
    loss: loss.dataSync()[0]!,
    perSample: [...aux.perSample.dataSync()],
    gradA: nested(grads.a!),
    gradB: nested(grads.b!),
  };
}

const halvesMean = (perRow: number[]): number[] => {
  const pairs = perRow.length / 2;
  return perRow.slice(0, pairs).map((value, i) => (value + perRow[i + pairs]!) / 2);
};

describe.each(backends)('ntXent on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  describe.skipIf(goldenCases.length === 0)('golden values (needs shared/golden)', () => {
    it.each(goldenCases)('$id', (golden) => {
      const got = tf.tidy(() => evaluate(golden));
      const { loss, perRow, perSample, gradA, gradB } = golden.expected;
      // The official code returns the sum over the two directions.
      const factor = golden.args.reduction === 'simclrOfficial' ? 2 : 1;
      expectClose(factor * got.loss, loss, golden.tol, 'loss');
      if (perRow) expectClose(got.perSample, halvesMean(perRow), golden.tol, 'perSample');
      if (perSample) expectClose(got.perSample, perSample, golden.tol, 'perSample');
      if (gradA) expectClose(got.gradA, gradA, golden.tol, 'gradA');
      if (gradB) expectClose(got.gradB, gradB, golden.tol, 'gradB');
    });

    it.each(zeroRowCases)('L01: $id', (golden) => {
      const got = tf.tidy(() => evaluate(golden));
      const { loss, perRow, gradA, gradB } = golden.expected;
      expectClose(got.loss, loss, golden.tol, 'loss');
      expectClose(got.perSample, halvesMean(perRow), golden.tol, 'perSample');
      for (const [name, want] of [['gradA', gradA] as const, ['gradB', gradB] as const]) {
        expect(got[name].flat().every(Number.isFinite), name).toBe(true);
        const rows = want.rows.map((row: number) => got[name][row]);
        expectClose(rows, want.values, golden.tol, name);
      }
    });
  });

  it('gives the conformance vector of the specification', () => {
    const a = [
      [1, 0],
      [0, 1],
    ];
    const b = [
      [1, 1],
      [-1, 1],
    ];
    const loss = (temperature: number, baseTemperature?: number): number =>
      tf.tidy(
        () =>
          ntXent(matrix(a), matrix(b), {
            temperature,
            ...(baseTemperature ? { baseTemperature } : {}),
          }).loss.dataSync()[0]!,
      );
    expect(loss(0.5)).toBeCloseTo(0.53596935, 6);
    expect(loss(0.5, 0.07)).toBeCloseTo(3.82835251, 5);
    expect(loss(0.1)).toBeCloseTo(0.34721072, 6);
  });

  it('L05: is the mean of the rows’ losses, as the loop reference has it, for random shapes', () => {
    const shapes = fc.record({
      pairs: fc.integer({ min: 1, max: 7 }),
      dimension: fc.integer({ min: 1, max: 9 }),
      temperature: fc.constantFrom(0.05, 0.1, 0.5, 2),
      seed: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(shapes, ({ pairs, dimension, temperature, seed }) => {
        const a = randomMatrix(pairs, dimension, seed);
        const b = randomMatrix(pairs, dimension, seed + 5000);
        const want = loopReference(a, b, temperature);
        tf.tidy(() => {
          const got = ntXent(matrix(a), matrix(b), { temperature });
          expectClose(got.loss.dataSync()[0], mean(want), { abs: 2e-5, rel: 2e-5 });
          expectClose([...got.perSample.dataSync()], halvesMean(want), { abs: 2e-5, rel: 2e-5 });
        });
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it('L02: stays finite, value and gradient, at temperatures of 0.01 and 0.001', () => {
    const [a, b] = [randomMatrix(4, 6, 1), randomMatrix(4, 6, 2)];
    for (const temperature of [0.01, 0.001]) {
      const values = tf.tidy(() => {
        const { loss, grads } = valueAndGrad((p) => ntXent(p.a!, p.b!, { temperature }), {
          a: matrix(a),
          b: matrix(b),
        });
        return [loss, grads.a!, grads.b!].flatMap((tensor) => [...tensor.dataSync()]);
      });
      expect(values.every(Number.isFinite)).toBe(true);
      expectClose(values[0], mean(loopReference(a, b, temperature)), { rel: 1e-4 });
    }
  });

  it('L04: has no bias by an epsilon: equal embeddings give ln(2N - 1)', () => {
    const same = tf.ones([8, 16]);
    const [loss] = tf.tidy(() => ntXent(same, same, { temperature: 0.1 }).loss.dataSync());
    same.dispose();
    expect(loss).toBeCloseTo(Math.log(15), 5);
  });

  it('L26: at N = 2 with far negatives it is the cross-entropy of cosines over τ, not of cosines times it', () => {
    const pair = [[1, 0, 0]];
    const [a, b] = [
      [...pair, [0, 1, 0]],
      [...pair, [0, 0, 1]],
    ];
    const row = (positive: number, others: number[]): number =>
      Math.log(others.reduce((s, x) => s + Math.exp(x), 0)) - positive;
    // Image 0: cosine 1 with its partner, 0 with the two views of image 1, at τ = 0.1.
    const perSample = tf.tidy(() => [...ntXent(matrix(a), matrix(b), { temperature: 0.1 }).perSample.dataSync()]);
    expect(perSample[0]).toBeCloseTo(row(10, [10, 0, 0]), 6);
    expect(perSample[1]).toBeCloseTo(row(0, [0, 0, 0]), 5);
  });

  it('swaps views and permutes images without changing the loss', () => {
    const [a, b] = [randomMatrix(5, 4, 3), randomMatrix(5, 4, 4)];
    const loss = (x: number[][], y: number[][]): number =>
      tf.tidy(() => ntXent(matrix(x), matrix(y), { temperature: 0.3 }).loss.dataSync()[0]!);
    const order = [3, 1, 4, 0, 2];
    const permuted = (rows: number[][]): number[][] => order.map((row) => rows[row]!);
    expect(loss(b, a)).toBeCloseTo(loss(a, b), 5);
    expect(loss(permuted(a), permuted(b))).toBeCloseTo(loss(a, b), 5);
  });

  it('has the gradient of finite differences', () => {
    const [a, b] = [randomMatrix(3, 4, 5), randomMatrix(3, 4, 6)];
    const [gradA, gradB] = tf.tidy(() => gradients((x, y) => ntXent(x!, y!, { temperature: 0.2 }).loss, [a, b]));
    const value = (x: number[][], y: number[][]): number => mean(loopReference(x, y, 0.2));
    const moved = (rows: number[][], i: number, j: number, step: number): number[][] =>
      rows.map((row, r) => row.map((v, c) => (r === i && c === j ? v + step : v)));
    const step = 1e-5;
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 4; j++) {
        const slopeA = (value(moved(a, i, j, step), b) - value(moved(a, i, j, -step), b)) / (2 * step);
        const slopeB = (value(a, moved(b, i, j, step)) - value(a, moved(b, i, j, -step))) / (2 * step);
        expectClose(gradA![i]![j], slopeA, { abs: 2e-6, rel: 2e-5 });
        expectClose(gradB![i]![j], slopeB, { abs: 2e-6, rel: 2e-5 });
      }
    }
  });

  it('gives under jit what it gives eagerly, leaks nothing and repeats bit by bit', () => {
    const [a, b] = [matrix(randomMatrix(6, 8, 7)), matrix(randomMatrix(6, 8, 8))];
    const step = ({ a, b }: { a: Tensor; b: Tensor }): { loss: Tensor; gradA: Tensor } => {
      const { loss, grads } = valueAndGrad((p) => ntXent(p.a!, p.b!, { temperature: 0.5, baseTemperature: 0.07 }), {
        a,
        b,
      });
      return { loss, gradA: grads.a! };
    };
    const jitted = jit(step);
    const values = (fn: typeof step): number[] =>
      tf.tidy(() => {
        const { loss, gradA } = fn({ a, b });
        return [...loss.dataSync(), ...gradA.dataSync()];
      });
    expectClose(values(jitted), values(step), { abs: 1e-6, rel: 1e-5 });
    const first = values(jitted);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 100; i++) expect(values(jitted)).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
    jitted.dispose();
    tf.dispose([a, b]);
  });

  it('L23: refuses a temperature that is not above 0, and shapes that do not match', () => {
    const x = tf.ones([2, 3]);
    for (const temperature of [0, -0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => ntXent(x, x, { temperature })).toThrow(/LOSS_OPTION.*temperature/);
    }
    expect(() => ntXent(x, x, { temperature: 1, baseTemperature: 0 })).toThrow(/LOSS_OPTION.*baseTemperature/);
    expect(() => ntXent(x, tf.ones([3, 3]), { temperature: 1 })).toThrow(/EMBEDDING_SHAPE.*a \[2, 3\], b \[3, 3\]/);
    expect(() => ntXent(tf.ones([2]), tf.ones([2]), { temperature: 1 })).toThrow(/EMBEDDING_SHAPE/);
    expect(() => ntXent(tf.zeros([0, 3]), tf.zeros([0, 3]), { temperature: 1 })).toThrow(/EMBEDDING_SHAPE/);
  });
});
