import { readdirSync, readFileSync } from 'node:fs';
import {
  barlowTwins,
  byolLoss,
  dcl,
  dclw,
  denseCL,
  dino,
  dinoTarget,
  infoNCE,
  infoNCEHard,
  koLeo,
  negativeCosine,
  nextDinoCenter,
  nnclr,
  ntXent,
  ntXentHard,
  sinkhorn,
  softCrossEntropy,
  swav,
  swavAssignment,
  tico,
  vicReg,
} from '@ssl-scene/losses';
import { logSoftmax, type Tensor, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradients, matrix, randomMatrix } from './matrices.ts';

const backends = await availableBackends(useBackend);
const value = (compute: () => Tensor): number => tf.tidy(() => compute().dataSync()[0]!);

/** Every loss as a function of the parameters x and y, for what must hold for all of them. */
const LOSSES: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
  ntXent: (x, y) => ntXent(x, y, { temperature: 0.2 }).loss,
  ntXentHard: (x, y) => ntXentHard(x, y, matrix(randomMatrix(5, 6, 9)), { temperature: 0.2 }).loss,
  infoNCE: (x, y) => infoNCE(x, y, matrix(randomMatrix(8, 6, 9)), { temperature: 0.2 }).loss,
  infoNCEHard: (x, y) => infoNCEHard(x, y, matrix(randomMatrix(8, 6, 9)), y, { temperature: 0.2, rho: 0.5 }).loss,
  negativeCosine: (x, y) => tf.add(negativeCosine(x, matrix(randomMatrix(5, 6, 9))).loss, negativeCosine(y, y).loss),
  byolLoss: (x, y) => byolLoss({ p1: x, p2: y, z1: matrix(randomMatrix(5, 6, 9)), z2: tf.ones([5, 6]) }).loss,
  swav: (x, y) => swav({ high: [x, y], low: [tf.mul(x, y)] }, { epsilon: 1e4 }).loss,
  barlowTwins: (x, y) => barlowTwins(x, y).loss,
  vicReg: (x, y) => vicReg(x, y).loss,
  dcl: (x, y) => dcl(x, y).loss,
  koLeo: (x, y) => tf.add(koLeo(x).loss, koLeo(tf.mul(x, y)).loss),
  nnclr: (x, y) =>
    nnclr({ z1: tf.ones([5, 6]), z2: tf.ones([5, 6]), p1: x, p2: y, bank: matrix(randomMatrix(7, 6, 9)) }).loss,
};

describe.each(backends)('losses on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });
  const [a, b] = [randomMatrix(5, 6, 1), randomMatrix(5, 6, 2)];

  it.each(Object.keys(LOSSES))('%s: the gradient equals finite differences along a random direction', (name) => {
    // negativeCosine(y, y) has no gradient through its target, so only x is compared there.
    const inputs = name === 'negativeCosine' ? [0] : [0, 1];
    tf.tidy(() => {
      const loss = LOSSES[name]!;
      const grads = gradients((x, y) => loss(x!, y!), [a, b]);
      for (const which of inputs) {
        const direction = randomMatrix(5, 6, 20 + which);
        const step = 5e-3;
        const moved = (sign: number): number => {
          const views = [a, b].map((rows, view) =>
            view === which ? rows.map((row, i) => row.map((v, j) => v + sign * step * direction[i]![j]!)) : rows,
          );
          return loss(matrix(views[0]!), matrix(views[1]!)).dataSync()[0]!;
        };
        const numeric = (moved(1) - moved(-1)) / (2 * step);
        const exact = grads[which]!.flat().reduce((sum, g, i) => sum + g * direction.flat()[i]!, 0);
        expectClose(exact, numeric, { abs: 3e-3, rel: 5e-3 });
      }
    });
  });

  it.each(Object.keys(LOSSES))('T04: %s leaves nothing behind after 12 steps and repeats bit by bit', (name) => {
    const params = { x: matrix(a), y: matrix(b) };
    const step = (): number[] =>
      tf.tidy(() => {
        const { loss, grads } = valueAndGrad(({ x, y }) => ({ loss: LOSSES[name]!(x!, y!) }), params);
        return [loss, grads.x!].flatMap((tensor) => [...tensor.dataSync()]);
      });
    const first = step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 12; i++) expect(step()).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(params);
  });

  it.each(Object.keys(LOSSES))('L01: %s has a finite value and gradient with a row of zeros in both views', (name) => {
    const zeroed = (rows: number[][]): number[][] => rows.map((row, i) => (i === 2 ? row.map(() => 0) : row));
    const grads = tf.tidy(() => gradients((x, y) => LOSSES[name]!(x!, y!), [zeroed(a), zeroed(b)]));
    expect(grads.flat(2).every(Number.isFinite)).toBe(true);
    const loss = value(() => LOSSES[name]!(matrix(zeroed(a)), matrix(zeroed(b))));
    expect(Number.isFinite(loss)).toBe(true);
  });

  it('L10: dcl is the double loop over all views but the pair itself', () => {
    const rows = [...a, ...b].map((row) => row.map((v) => v / Math.hypot(...row)));
    const cosine = (i: number, j: number): number => rows[i]!.reduce((sum, v, d) => sum + v * rows[j]![d]!, 0);
    const losses = rows.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < 10; j++) if (j % 5 !== i % 5) sum += Math.exp(cosine(i, j) / 0.1);
      return Math.log(sum) - cosine(i, (i + 5) % 10) / 0.1;
    });
    const want = losses.reduce((sum, loss) => sum + loss, 0) / 10;
    expect(value(() => dcl(matrix(a), matrix(b)).loss)).toBeCloseTo(want, 4);
  });

  it('L11: barlowTwins does not change when a view is scaled and moved', () => {
    const moved = a.map((row) => row.map((v) => 2 * v + 4));
    const loss = value(() => barlowTwins(matrix(a), matrix(a)).loss);
    expect(value(() => barlowTwins(matrix(a), matrix(moved)).loss)).toBeCloseTo(loss, 4);
  });

  it('L14: vicReg’s variance and covariance do not see the mean', () => {
    const terms = (offset: number): number[] =>
      tf.tidy(() => {
        const moved = (rows: number[][]): Tensor => matrix(rows.map((row) => row.map((v) => v + offset)));
        const { variance, covariance, invariance } = vicReg(moved(a), moved(b));
        return [variance, covariance, invariance].map((term) => term.dataSync()[0]!);
      });
    expectClose(terms(10), terms(0), { rel: 1e-4, abs: 1e-6 });
  });

  it('L16: sinkhorn stays finite for scores of ±1e4, rows sum to one and columns to N / K', () => {
    const balanced = (scale: number, iterations: number): number[][] =>
      tf.tidy(() => {
        const scores = matrix(randomMatrix(12, 4, 3).map((row) => row.map((v) => scale * v)));
        return sinkhorn(scores, { iterations }).arraySync() as number[][];
      });
    const extreme = balanced(1e4, 3).flat();
    expect(extreme.every(Number.isFinite)).toBe(true);
    const q = balanced(0.1, 100);
    for (const row of q) expect(row.reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 5);
    for (let k = 0; k < 4; k++) expect(q.reduce((sum, row) => sum + row[k]!, 0)).toBeCloseTo(3, 3);
  });

  it('L22: koLeo is the loop over nearest rows, finite with two equal rows, which it counts', () => {
    const unit = a.map((row) => row.map((v) => v / Math.hypot(...row)));
    const nearest = unit.map((row, i) =>
      Math.min(...unit.filter((_, j) => j !== i).map((other) => Math.hypot(...row.map((v, d) => v - other[d]!)))),
    );
    tf.tidy(() => {
      const { perSample, duplicates } = koLeo(matrix(a));
      expectClose(
        [...perSample.dataSync()],
        nearest.map((distance) => -Math.log(distance)),
        { abs: 1e-6, rel: 1e-5 },
      );
      expect(duplicates.dataSync()[0]).toBe(0);
      const twice = [...a, a[2]!.map((v) => 2 * v)];
      const equal = koLeo(matrix(twice));
      expect(equal.duplicates.dataSync()[0]).toBe(2);
      expectClose(equal.perSample.dataSync()[2], -Math.log(1e-8), { rel: 1e-5 });
      const [gradient] = gradients((x) => koLeo(x!).loss, [twice]);
      expect(gradient!.flat().every(Number.isFinite)).toBe(true);
    });
  });

  it('L26: NT-Xent, InfoNCE and DCL scale cosines alike: each follows from another on one batch', () => {
    // The queue of image 0 in NT-Xent is the other image's two views.
    const [x, y] = [a.slice(0, 2), b.slice(0, 2)];
    const temperature = 0.1;
    const row = (query: number[], key: number[], queue: number[][]): number =>
      value(() => infoNCE(matrix([query]), matrix([key]), matrix(queue), { temperature }).loss);
    const byInfoNCE = (row(x[0]!, y[0]!, [x[1]!, y[1]!]) + row(y[0]!, x[0]!, [x[1]!, y[1]!])) / 2;
    const losses = tf.tidy(() => [
      ...ntXent(matrix(x), matrix(y), { temperature }).perSample.dataSync(),
      ...dcl(matrix(x), matrix(y), { temperature }).perSample.dataSync(),
    ]);
    expectClose(losses[0], byInfoNCE, { abs: 2e-5 });
    // exp(l_dcl) + 1 = exp(l) holds row by row, which the hard-negative form with the positive left out shows.
    const open = { temperature, rho: 1, positiveInDenominator: false };
    const decoupled = (query: number[], key: number[]): number =>
      value(() => infoNCEHard(matrix([query]), matrix([key]), matrix([x[1]!]), matrix([y[1]!]), open).loss);
    expectClose(losses[2], (decoupled(x[0]!, y[0]!) + decoupled(y[0]!, x[0]!)) / 2, { abs: 2e-5 });
  });

  it('a queue that is unit already gives the same with unitQueue', () => {
    const queue = randomMatrix(8, 6, 4).map((row) => row.map((v) => v / Math.hypot(...row)));
    const loss = (unitQueue: boolean): number =>
      value(() => infoNCE(matrix(a), matrix(b), matrix(queue), { temperature: 0.2, unitQueue }).loss);
    expect(loss(true)).toBeCloseTo(loss(false), 5);
  });

  it('a bank that is unit already gives the same with unitBank', () => {
    const bank = randomMatrix(8, 6, 4).map((row) => row.map((v) => v / Math.hypot(...row)));
    const views = { z1: matrix(a), z2: matrix(b), p1: matrix(b), p2: matrix(a), bank: matrix(bank) };
    const loss = (unitBank: boolean): number => value(() => nnclr(views, { unitBank }).loss);
    expect(loss(true)).toBeCloseTo(loss(false), 5);
  });

  it('vicReg’s values of the images have the loss as their mean, and differ by their distances alone', () => {
    tf.tidy(() => {
      const { loss, perSample, invariance, variance, covariance } = vicReg(matrix(a), matrix(b), { lambda: 3, mu: 2 });
      const each = [...perSample.dataSync()];
      expectClose(loss.dataSync()[0], each.reduce((sum, v) => sum + v, 0) / 5, { rel: 1e-6 });
      const [distance, shortfall, products] = [invariance, variance, covariance].map((term) => term.dataSync()[0]!);
      expectClose(loss.dataSync()[0], 3 * distance! + 2 * shortfall! + products!, { rel: 1e-5 });
      const wanted = a.map((row, i) => row.reduce((sum, v, d) => sum + (v - b[i]![d]!) ** 2, 0) / 6);
      expectClose(
        each.map((v) => (v - each[0]!) / 3),
        wanted.map((v) => v - wanted[0]!),
        { abs: 1e-4 },
      );
    });
  });

  it('softCrossEntropy is the double loop, with the gradient softmax - target', () => {
    const target = randomMatrix(5, 6, 7).map((row) => {
      const weights = row.map((v) => Math.exp(v));
      const sum = weights.reduce((total, v) => total + v, 0);
      return weights.map((v) => v / sum);
    });
    const probabilities = a.map((row) => {
      const sum = row.reduce((total, v) => total + Math.exp(v), 0);
      return row.map((v) => Math.exp(v) / sum);
    });
    const wanted = target.map((row, i) => -row.reduce((sum, q, k) => sum + q * Math.log(probabilities[i]![k]!), 0));
    tf.tidy(() => {
      const { perSample } = softCrossEntropy(matrix(target), logSoftmax(matrix(a)));
      expectClose([...perSample.dataSync()], wanted, { rel: 1e-5 });
      const [gradient] = gradients((x) => softCrossEntropy(matrix(target), logSoftmax(x!)).loss, [a]);
      expectClose(
        gradient,
        probabilities.map((row, i) => row.map((p, k) => (p - target[i]![k]!) / 5)),
        { abs: 1e-6, rel: 1e-5 },
      );
    });
  });

  it('dinoTarget and nextDinoCenter are what dino uses, at a temperature that may be a tensor', () => {
    tf.tidy(() => {
      const [teacher, center] = [matrix(a), tf.tensor1d([0.3, -0.2, 0, 0.1, 0.5, -1])];
      const target = dinoTarget(teacher, center, tf.scalar(0.5));
      expectClose(target.arraySync(), dinoTarget(teacher, center, 0.5).arraySync(), { rel: 1e-6 });
      const byParts = softCrossEntropy(target, logSoftmax(tf.div(matrix(b), 0.1))).loss.dataSync()[0];
      const whole = dino({ teacher: [teacher], student: [teacher, matrix(b)], center }, { teacherTemperature: 0.5 });
      expectClose(whole.loss.dataSync()[0], byParts, { rel: 1e-6 });
      const moved = nextDinoCenter(center, [teacher], 0.9);
      expectClose([...moved.dataSync()], [...whole.nextCenter.dataSync()], { rel: 1e-6 });
      expect(() => dinoTarget(teacher, center, 0)).toThrow(/LOSS_OPTION.*temperature/);
    });
  });

  it('swavAssignment balances earlier scores too, and gives rows for the batch alone', () => {
    tf.tidy(() => {
      const scores = matrix(a.map((row) => row.map((v) => v / 10)));
      const earlier = matrix(randomMatrix(7, 6, 5).map((row) => row.map((v) => v / 10)));
      expect(swavAssignment(scores).arraySync()).toEqual(sinkhorn(scores).arraySync());
      const joint = sinkhorn(tf.concat([scores, earlier], 0)).arraySync() as number[][];
      expect(swavAssignment(scores, earlier).arraySync()).toEqual(joint.slice(0, 5));
    });
  });

  it('targets, assignments and centres hand no gradient on', () => {
    const reached = (loss: (x: Tensor, y: Tensor) => Tensor): string[] =>
      tf.tidy(() => {
        const params = { x: matrix(a), y: matrix(b) };
        return Object.keys(valueAndGrad(({ x, y }) => ({ loss: loss(x!, y!) }), params).grads);
      });
    expect(reached((x, y) => negativeCosine(x, y).loss)).toEqual(['x']);
    expect(reached((x, y) => dino({ teacher: [y], student: [x, x], center: tf.zeros([6]) }).loss)).toEqual(['x']);
    expect(reached((x, y) => tf.add(tf.sum(x), tf.sum(sinkhorn(y))))).toEqual(['x']);
  });
});

describe('losses', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });
  const x = tf.ones([3, 4]);
  const other = tf.ones([2, 4]);

  it('refuse shapes that do not fit, saying which', () => {
    expect(() => infoNCE(x, other, x, { temperature: 1 })).toThrow(/EMBEDDING_SHAPE.*key \[2, 4\].*infoNCE/);
    expect(() => infoNCE(x, x, tf.ones([5, 3]), { temperature: 1 })).toThrow(/BANK_SHAPE.*\(K, 4\)/);
    expect(() => infoNCE(x, x, tf.zeros([0, 4]), { temperature: 1 })).toThrow(/BANK_SHAPE.*at least one row/);
    expect(() => infoNCEHard(x, x, x, other, { temperature: 1 })).toThrow(/EMBEDDING_SHAPE.*hard/);
    expect(() => ntXentHard(x, x, other, { temperature: 1 })).toThrow(/EMBEDDING_SHAPE.*hard/);
    expect(() => negativeCosine(x, other)).toThrow(/EMBEDDING_SHAPE.*target/);
    expect(() => swav({ high: [x] })).toThrow(/SWAV_VIEWS/);
    expect(() => swav({ high: [x, other] })).toThrow(/EMBEDDING_SHAPE/);
    expect(() => vicReg(tf.ones([1, 4]), tf.ones([1, 4]))).toThrow(/BATCH_TOO_SMALL/);
    expect(() => dcl(tf.ones([1, 4]), tf.ones([1, 4]))).toThrow(/BATCH_TOO_SMALL/);
    expect(() => koLeo(tf.ones([1, 4]))).toThrow(/BATCH_TOO_SMALL/);
    expect(() => dino({ teacher: [x], student: [x], center: tf.zeros([4]) })).toThrow(/DINO_INPUT/);
    expect(() => dino({ teacher: [x], student: [x, x], center: tf.zeros([3]) })).toThrow(/DINO_INPUT.*\[3\]/);
    expect(() => tico(x, x, tf.zeros([3, 3]))).toThrow(/TICO_INPUT/);
    const cells = tf.ones([2, 4, 3]);
    const views = { featuresQuery: cells, featuresKey: cells, gridQuery: cells, gridKey: tf.ones([2, 5, 3]), queue: x };
    expect(() => denseCL(views, { temperature: 1 })).toThrow(/DENSE_SHAPE.*gridKey \[2, 5, 3\]/);
  });

  it('L23: refuse options out of range, saying which', () => {
    expect(() => infoNCE(x, x, x, { temperature: 0 })).toThrow(/LOSS_OPTION.*temperature/);
    expect(() => infoNCEHard(x, x, x, x, { temperature: 1, rho: -1 })).toThrow(/LOSS_OPTION.*rho/);
    expect(() => dclw(x, x, { sigma: 0 })).toThrow(/LOSS_OPTION.*sigma/);
    expect(() => swav({ high: [x, x] }, { temperature: -1 })).toThrow(/LOSS_OPTION.*temperature/);
    expect(() => sinkhorn(x, { epsilon: 0 })).toThrow(/LOSS_OPTION.*epsilon/);
    expect(() => sinkhorn(x, { iterations: 0.5 })).toThrow(/SINKHORN_INPUT/);
    expect(() => vicReg(x, x, { mu: -1 })).toThrow(/LOSS_OPTION.*mu/);
    expect(() => barlowTwins(x, x, { lambda: Number.NaN })).toThrow(/LOSS_OPTION.*lambda/);
  });
});

it('L28: no loss uses an operation without gradient', () => {
  const folder = new URL('../src/', import.meta.url);
  const users = readdirSync(folder).filter((file) => /einsum/i.test(readFileSync(new URL(file, folder), 'utf8')));
  expect(users).toEqual([]);
});
