import {
  adamW,
  emaCosine,
  emaUpdate,
  isExcludedByName,
  lamb,
  lars,
  type Optimiser,
  type ParameterSpec,
  sgd,
} from '@ssl-scene/nn';
import { jit, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { casesOf, expectClose, type GoldenCase } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { isAvailable } from './backends.ts';

type Numbers = number | Numbers[];
type NumbersByName = Record<string, Numbers | null>;

const TOPICS = ['optimisers', 'numerics-optimisers'];

/** What the references' names say their parameters are. */
function specOf(name: string): ParameterSpec {
  const [layer, part] = name.split('.') as [string, string];
  const norm = layer === 'bn';
  const kind = norm ? (part === 'weight' ? 'norm-scale' : 'norm-offset') : part === 'bias' ? 'bias' : 'conv-weight';
  return { name, shape: [], kind, initialise: () => new Float32Array(0) };
}

function optimiserOf(name: string, args: Record<string, never>, names: readonly string[]): Optimiser {
  const parameters = names.map(specOf);
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
  switch (name) {
    case 'sgd':
      return sgd(given);
    case 'lars':
      return lars({ ...given, parameters });
    case 'adamW':
      return adamW(given);
    default:
      return lamb({ ...given, parameters });
  }
}

const tensors = (numbers: NumbersByName): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]) => (value === null ? [] : [[name, tf.tensor(value as number[])]])),
  );

const arrays = (dictionary: TensorDict): Record<string, Numbers> =>
  Object.fromEntries(Object.entries(dictionary).map(([name, tensor]) => [name, tensor.arraySync() as Numbers]));

const SLOTS = { momentum: 'momentum_buffer', firstMoment: 'exp_avg', secondMoment: 'exp_avg_sq' } as const;

function replay(name: string, { args, expected, tol }: GoldenCase): void {
  const { params: start, grads, lr, lrs, ...options } = args;
  const optimiser = optimiserOf(name, options as never, Object.keys(start));
  tf.tidy(() => {
    let params: TensorDict = tensors(start);
    let state: TensorDict = optimiser.init(params);
    const step = jit((p: TensorDict, g: TensorDict, s: TensorDict, rate: Tensor) => {
      const { params, state } = optimiser.update(p, g, s, rate);
      return { params, state };
    });
    (grads as NumbersByName[]).forEach((gradients, index) => {
      const rate = tf.scalar(lrs ? lrs[index] : lr);
      ({ params, state } = step(params, tensors(gradients), state, rate));
      expectClose(arrays(params), expected.params[index], tol, `step ${index + 1}`);
    });
    step.dispose();
    for (const [key, slot] of Object.entries(SLOTS)) {
      for (const [parameter, values] of Object.entries((expected[key] ?? {}) as NumbersByName)) {
        expectClose(state[`${slot}.${parameter}`]!.arraySync(), values, tol, `${slot} of ${parameter}`);
      }
    }
  });
}

const rules = ['sgd', 'lars', 'adamW', 'lamb'] as const;
const cases = rules.flatMap((rule) =>
  [...casesOf(TOPICS, rule), ...casesOf(TOPICS, `${rule}Scheduled`)].map((item) => ({ rule, item, id: item.id })),
);
const quadratics = casesOf(TOPICS, 'minimiseQuadratic');
const averages = casesOf(TOPICS, 'emaUpdate');
const scheduled = casesOf(TOPICS, 'emaScheduled');

describe.skipIf(cases.length === 0)('optimisers against float64 references (needs shared/golden)', () => {
  describe.each(['native', 'wasm', 'cpu'] as const)('%s', async (backend) => {
    const present = await isAvailable(backend);

    describe.skipIf(!present)(`on ${backend}`, () => {
      it.each(cases)('$rule: $id', async ({ rule, item }) => {
        await useBackend({ backend });
        replay(rule, item);
      });

      it.each(quadratics.map((item) => ({ id: item.id, item })))('$id', async ({ item }) => {
        await useBackend({ backend });
        const { a, c, p0, optimiser: name, lr, ...options } = item.args;
        const optimiser = optimiserOf(name, options, ['p']);
        tf.tidy(() => {
          let params: TensorDict = { p: tf.tensor1d(p0) };
          let state: TensorDict = optimiser.init(params);
          for (const { lossBefore, p } of item.expected.steps) {
            const { loss, grads } = valueAndGrad(({ p }) => {
              const distance = tf.reshape(tf.sub(p!, tf.tensor1d(c)), [-1, 1]);
              const product = tf.matMul(tf.tensor2d(a), distance as tf.Tensor2D);
              return { loss: tf.div(tf.sum(tf.mul(distance, product)), 2) };
            }, params);
            expectClose(loss.dataSync()[0], lossBefore, item.tol);
            ({ params, state } = optimiser.update(params, grads, state, tf.scalar(lr)));
            expectClose(params.p!.arraySync(), p, item.tol);
          }
        });
      });

      // The references are float64 and stricter than float32 can be.
      const tolerance = { abs: 1e-6, rel: 1e-6 };

      it.each(averages.map((item) => ({ id: item.id, item })))('$id', async ({ item: { args, expected } }) => {
        await useBackend({ backend });
        tf.tidy(() => {
          let target: TensorDict = tensors(args.target);
          (args.online as NumbersByName[]).forEach((online, index) => {
            target = emaUpdate(target, tensors(online), args.momentum);
            expectClose(target.w!.arraySync(), expected.w[index], tolerance);
          });
        });
      });

      it.each(scheduled.map((item) => ({ id: item.id, item })))('$id', async ({ item: { args, expected } }) => {
        await useBackend({ backend });
        tf.tidy(() => {
          let target: TensorDict = tensors(args.target);
          (args.online as NumbersByName[]).forEach((online, step) => {
            const momentum = emaCosine(step, args);
            expectClose(momentum, expected.momentum[step], { abs: 1e-12 });
            target = emaUpdate(target, tensors(online), tf.scalar(momentum));
            expectClose(target.w!.arraySync(), expected.w[step], tolerance);
          });
        });
      });
    });
  });

  it.each(casesOf(TOPICS, 'larsExcludedNames'))('$id', ({ args, expected }) => {
    expect((args.names as string[]).filter((name) => isExcludedByName({ name }))).toEqual(expected.excluded);
  });
});
