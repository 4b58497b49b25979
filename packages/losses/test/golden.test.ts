import {
  barlowTwins,
  byolLoss,
  dcl,
  dclw,
  denseCL,
  dino,
  infoNCE,
  infoNCEHard,
  nearestRows,
  negativeCosine,
  nnclr,
  ntXent,
  ntXentHard,
  type PairLoss,
  prototypeScores,
  simSiamLoss,
  sinkhorn,
  swav,
  tico,
  vicReg,
} from '@ssl-scene/losses';
import { jit, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: arguments and expectations of golden cases are JSON
type Json = any;

/** How a golden function is computed here. */
interface Driver {
  /** Inputs that a gradient is wanted of, by name. */
  readonly inputs: (args: Json) => Record<string, Json>;
  /** The loss and, under the names of the golden file, what else it expects. */
  readonly compute: (inputs: TensorDict, args: Json) => { loss: Tensor; [name: string]: Tensor };
  /** The expected gradients by input. */
  readonly gradients?: (expected: Json) => Record<string, Json>;
}

const weightedLoss = ({ loss, perSample }: PairLoss, weights: number[] | undefined): Tensor =>
  weights ? tf.mean(tf.mul(perSample, tf.tensor1d(weights))) : loss;

/** The mean of the rows' two directions, from rows of the first view and then rows of the second. */
const halvesMean = (perRow: number[]): number[] => {
  const pairs = perRow.length / 2;
  return perRow.slice(0, pairs).map((value, i) => (value + perRow[i + pairs]!) / 2);
};

const pick = (source: Json, names: string[]): Record<string, Json> =>
  Object.fromEntries(names.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])));

const numbered = (list: Json[], name: string): Record<string, Json> =>
  Object.fromEntries(list.map((item, index) => [`${name}${index}`, item]));

const listOf = (inputs: TensorDict, name: string, count: number): Tensor[] =>
  Array.from({ length: count }, (_, index) => inputs[`${name}${index}`]!);

const hardOptions = (args: Json) => ({
  temperature: args.tau,
  rho: args.rho,
  ...(args.positiveInDenominator === undefined ? {} : { positiveInDenominator: args.positiveInDenominator }),
});

const twoViews = (loss: (a: Tensor, b: Tensor, args: Json) => PairLoss): Driver => ({
  inputs: (args) => pick(args, ['a', 'b']),
  compute: ({ a, b }, args) => {
    const result = loss(a!, b!, args);
    return { loss: weightedLoss(result, args.weights), perSample: result.perSample };
  },
  gradients: ({ gradA, gradB }) => ({ a: gradA, b: gradB }),
});

const swavOptions = ({ tau, epsilon, iterations }: Json) => ({ temperature: tau, epsilon, iterations });

const DRIVERS: Record<string, Driver> = {
  infoNCE: {
    inputs: (args) => pick(args, ['q', 'k']),
    compute: ({ q, k }, args) => {
      const result = infoNCE(q!, k!, tf.tensor2d(args.queue), { temperature: args.tau });
      return { loss: weightedLoss(result, args.weights), perRow: result.perSample };
    },
    gradients: ({ gradQ, gradK }) => ({ q: gradQ, k: gradK }),
  },
  infoNCEHard: {
    inputs: (args) => pick(args, ['q', 'k', 'hard']),
    compute: ({ q, k, hard }, args) => {
      const result = infoNCEHard(q!, k!, tf.tensor2d(args.queue), hard!, hardOptions(args));
      return { loss: weightedLoss(result, args.weights), perRow: result.perSample };
    },
    gradients: ({ gradQ, gradK, gradHard }) => ({ q: gradQ, k: gradK, hard: gradHard }),
  },
  ntXentHard: {
    inputs: (args) => pick(args, ['a', 'b', 'hard']),
    compute: ({ a, b, hard }, args) => {
      const result = ntXentHard(a!, b!, hard!, { temperature: args.tau, rho: args.rho });
      return { loss: result.loss, perSample: result.perSample };
    },
    gradients: ({ gradA, gradB, gradHard }) => ({ a: gradA, b: gradB, hard: gradHard }),
  },
  negativeCosine: {
    inputs: (args) => pick(args, ['p', 'p1', 'p2']),
    compute: ({ p, p1, p2 }, args) => {
      const target = (name: string): Tensor => tf.tensor2d(args[name]);
      const views = (): Parameters<typeof byolLoss>[0] => ({ p1: p1!, p2: p2!, z1: target('z1'), z2: target('z2') });
      const forms: Record<string, () => PairLoss> = {
        byol: () => byolLoss(views()),
        contrastiveCrop: () => byolLoss(views(), { constant: 0 }),
        simsiam: () => simSiamLoss(views()),
      };
      const result = args.form ? forms[args.form]!() : negativeCosine(p!, target('z'));
      return { loss: weightedLoss(result, args.weights), perSample: result.perSample };
    },
    gradients: ({ gradP1, gradP2 }) => ({ p1: gradP1, p2: gradP2 }),
  },
  sinkhorn: {
    inputs: (args) => ({ scores: args.scores }),
    compute: ({ scores }, { epsilon, iterations }) => ({
      loss: tf.scalar(0),
      q: sinkhorn(scores!, { epsilon, iterations }),
    }),
  },
  swav: {
    inputs: ({ high, low }) => numbered([...high, ...low], 'view'),
    compute: (inputs, args) => {
      const views = listOf(inputs, 'view', args.high.length + args.low.length);
      const queue = args.queue?.map((rows: number[][]) => tf.tensor2d(rows));
      const scores = { high: views.slice(0, args.high.length), low: views.slice(args.high.length) };
      return { loss: swav({ ...scores, ...(queue ? { queue } : {}) }, swavOptions(args)).loss };
    },
    gradients: ({ grads }) => numbered(grads, 'view'),
  },
  swavEmbeddings: {
    inputs: ({ high, low, prototypes }) => ({ ...numbered([...high, ...low], 'view'), prototypes }),
    compute: (inputs, args) => {
      const views = listOf(inputs, 'view', args.high.length + args.low.length);
      const scores = views.map((view) => prototypeScores(view, inputs.prototypes!));
      const high = scores.slice(0, args.high.length);
      const { epsilon, iterations } = args;
      return {
        loss: swav({ high, low: scores.slice(args.high.length) }, swavOptions(args)).loss,
        assignments: tf.stack(high.map((rows) => sinkhorn(rows, { epsilon, iterations }))),
      };
    },
    gradients: ({ gradViews, gradPrototypes }) => ({ ...numbered(gradViews, 'view'), prototypes: gradPrototypes }),
  },
  barlowTwins: {
    inputs: (args) => pick(args, ['a', 'b']),
    compute: ({ a, b }, { lambda, epsilon }) => ({ ...barlowTwins(a!, b!, { lambda, epsilon }) }),
    gradients: ({ gradA, gradB }) => ({ a: gradA, b: gradB }),
  },
  vicReg: {
    inputs: (args) => pick(args, ['a', 'b']),
    compute: ({ a, b }, { lambda, mu, nu, epsilon }) => ({ ...vicReg(a!, b!, { lambda, mu, nu, epsilon }) }),
    gradients: ({ gradA, gradB }) => ({ a: gradA, b: gradB }),
  },
  dcl: twoViews((a, b, { tau }) => dcl(a, b, { temperature: tau })),
  dclw: twoViews((a, b, { tau, sigma }) => dclw(a, b, { temperature: tau, sigma })),
  nnclr: {
    inputs: (args) => pick(args, ['z1', 'z2', 'p1', 'p2']),
    compute: ({ z1, z2, p1, p2 }, args) => {
      const bank = tf.tensor2d(args.bank);
      const result = nnclr({ z1: z1!, z2: z2!, p1: p1!, p2: p2!, bank }, { temperature: args.tau });
      const unitBank = nearestRows(bank, bank);
      const neighbours = (z: Tensor): Tensor => tf.argMax(tf.matMul(nearestRows(z, bank), unitBank, false, true), 1);
      return { ...result, neighbours1: neighbours(z1!), neighbours2: neighbours(z2!) };
    },
    gradients: ({ gradP1, gradP2 }) => ({ p1: gradP1, p2: gradP2 }),
  },
  dino: {
    inputs: ({ student }) => numbered(student, 'student'),
    compute: (inputs, args) => {
      const teacher = args.teacher.map((rows: number[][]) => tf.tensor2d(rows));
      const student = listOf(inputs, 'student', args.student.length);
      const { loss, nextCenter } = dino(
        { teacher, student, center: tf.tensor1d(args.center) },
        {
          teacherTemperature: args.teacherTau,
          studentTemperature: args.studentTau,
          centerMomentum: args.centerMomentum,
        },
      );
      return { loss, nextCenter };
    },
    gradients: ({ gradStudent }) => numbered(gradStudent ?? [], 'student'),
  },
  denseCL: {
    inputs: (args) => pick(args, ['gridQ', 'featuresQ', 'featuresK', 'gridK']),
    compute: ({ gridQ, gridK, featuresQ, featuresK }, args) => {
      const features = { featuresQuery: featuresQ!, featuresKey: featuresK! };
      const views = { ...features, gridQuery: gridQ!, gridKey: gridK!, queue: tf.tensor2d(args.queue) };
      const { loss, match, perCell, queueKeys } = denseCL(views, { temperature: args.tau });
      return { loss, match, perCell, queueKeys };
    },
    gradients: ({ gradGridQ }) => ({ gridQ: gradGridQ }),
  },
  denseCLTotal: {
    inputs: (args) => pick(args, ['q', 'gridQ', 'featuresQ', 'featuresK', 'gridK']),
    compute: (inputs, args) => {
      const dense = DRIVERS.denseCL!.compute(inputs, { ...args, queue: args.denseQueue });
      const global = infoNCE(inputs.q!, tf.tensor2d(args.k), tf.tensor2d(args.queue), { temperature: args.tau }).loss;
      const loss = tf.add(tf.mul(global, 1 - args.denseWeight), tf.mul(dense.loss, args.denseWeight));
      return { loss, global, dense: dense.loss, match: dense.match! };
    },
    gradients: ({ gradQ, gradGridQ }) => ({ q: gradQ, gridQ: gradGridQ }),
  },
};

/** The names of a pair's differentiated inputs: the two views, or the two predictions. */
const firstAndSecond = (pair: Json): [string, string] => (pair.a ? ['a', 'b'] : ['p1', 'p2']);

DRIVERS.pairObjective = {
  inputs: ({ pairs }) =>
    Object.fromEntries(
      pairs.flatMap((pair: Json, slot: number) => {
        const [first, second] = firstAndSecond(pair);
        return [
          [`first${slot}`, pair[first]],
          [`second${slot}`, pair[second]],
        ];
      }),
    ),
  compute: (inputs, { loss: name, pairs, queues, tau, weights }) => {
    const lossOf = (pair: Json, slot: number): Tensor => {
      const [first, second] = [inputs[`first${slot}`]!, inputs[`second${slot}`]!];
      if (name === 'ntXent') return ntXent(first, second, { temperature: tau }).perSample;
      if (name === 'infoNCE') return infoNCE(first, second, tf.tensor2d(queues[slot]), { temperature: tau }).perSample;
      const views = { p1: first, p2: second, z1: tf.tensor2d(pair.z1), z2: tf.tensor2d(pair.z2) };
      return (name === 'byol' ? byolLoss(views) : simSiamLoss(views)).perSample;
    };
    const perSample = tf.stack(pairs.map(lossOf), 1);
    return { loss: tf.mean(tf.sum(tf.mul(perSample, tf.tensor2d(weights)), 1)), perSample };
  },
  gradients: ({ gradFirst, gradSecond }) => ({
    ...numbered(gradFirst, 'first'),
    ...numbered(gradSecond ?? [], 'second'),
  }),
};

const backends = await availableBackends(useBackend);
const cases = Object.keys(DRIVERS)
  .flatMap((name) => casesOf(['losses', 'numerics-losses'], name))
  // A loss over no negatives at all is refused here, which the case's note allows.
  .filter(({ args }) => args.queue?.length !== 0);

describe.skipIf(cases.length === 0).each(backends)('golden values on %s (needs shared/golden)', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(cases)('$function $id', ({ id, function: name, args, expected, tol }) => {
    const { inputs, compute, gradients } = DRIVERS[name]!;
    const step = (tensors: TensorDict) =>
      valueAndGrad((params) => {
        const { loss, ...aux } = compute(params, args);
        return { loss, aux };
      }, tensors);
    const { perRow, ...wanted } = expected;
    const perSample = perRow?.length === 2 * (args.a ?? args.p1 ?? []).length ? halvesMean(perRow) : undefined;
    const check = (run: typeof step): void => {
      const tensors = Object.fromEntries(Object.entries(inputs(args)).map(([key, rows]) => [key, tf.tensor(rows)]));
      const { loss, aux, grads } = run(tensors);
      if (wanted.loss !== undefined) expectClose(loss.arraySync(), wanted.loss, tol, 'loss');
      for (const [key, tensor] of Object.entries(aux)) {
        const want = key === 'perRow' ? perRow : key === 'perSample' && perSample ? perSample : wanted[key];
        if (want !== undefined) expectClose(tensor.arraySync(), want, tol, key);
      }
      for (const [key, want] of Object.entries(gradients?.(expected) ?? {})) {
        if (want !== undefined) expectClose(grads[key]?.arraySync(), want, tol, `gradient of ${key}`);
      }
      for (const gradient of Object.values(grads)) {
        expect([...gradient.dataSync()].every(Number.isFinite), 'finite gradients').toBe(true);
      }
      tf.dispose([tensors, loss, aux, grads] as unknown as tf.TensorContainer);
    };
    const before = tf.memory().numTensors;
    tf.tidy(() => check(step));
    // Recording takes a tenth of a second: one case of each function will do.
    if (backend === 'native' && cases.find((other) => other.function === name)?.id === id) {
      const jitted = jit(step, { name });
      check(jitted);
      jitted.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

const ticoCases = casesOf(['losses', 'numerics-losses'], 'tico');

describe.skipIf(ticoCases.length === 0).each(backends)('tico on %s (needs shared/golden)', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(ticoCases)('L13: $id: the covariance is state without gradient', ({ args, expected, tol }) => {
    tf.tidy(() => {
      const dimension = args.steps[0].a[0].length;
      let covariance: Tensor = tf.zeros([dimension, dimension]);
      args.steps.forEach(({ a, b }: Json, index: number) => {
        const { loss, aux, grads } = valueAndGrad(
          (params) => {
            const result = tico(params.a!, params.b!, covariance, { beta: args.beta, rho: args.rho });
            return { loss: result.loss, aux: result.covariance };
          },
          { a: tf.tensor2d(a), b: tf.tensor2d(b) },
        );
        const want = expected.steps[index];
        expectClose(loss.arraySync(), want.loss, tol, `loss of step ${index}`);
        expectClose(aux.arraySync(), want.covariance, tol, `covariance of step ${index}`);
        expectClose(grads.a!.arraySync(), want.gradA, tol, `gradient of a in step ${index}`);
        expectClose(grads.b!.arraySync(), want.gradB, tol, `gradient of b in step ${index}`);
        covariance = aux;
      });
    });
  });
});
