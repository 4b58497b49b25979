import { batchNorm, type Context, initialise, linearLayer, type Module, type Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { casesOf, expectClose, type GoldenCase } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, it } from 'vitest';
import { isAvailable } from './backends.ts';

const TOPICS = ['layers', 'numerics-layers'];
const modes = ['batchNorm', 'batchNormModes', 'batchNormModesNhwc'].flatMap((name) => casesOf(TOPICS, name));
const splits = casesOf(TOPICS, 'splitBatchNorm');
const linears = casesOf(TOPICS, 'linear');

const channelsLast = (x: Tensor): Tensor => (x.rank === 4 ? tf.transpose(x, [0, 2, 3, 1]) : x);
const channelsFirst = (x: Tensor): Tensor => (x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x);
const same = (x: Tensor): Tensor => x;

/** The layer that the reference describes, with its numbers. */
function layerOf(
  { gamma, beta, runningMean, runningVar, epsilon, momentum }: GoldenCase['args'],
  channels: number,
  options = {},
): {
  module: Module;
  variables: Variables;
} {
  const module = batchNorm('bn', { channels, affine: gamma !== null, epsilon, momentum, ...options });
  const fresh = initialise(module, 0);
  const params: TensorDict = gamma ? { 'bn.weight': tf.tensor1d(gamma), 'bn.bias': tf.tensor1d(beta) } : {};
  const buffers = { ...fresh.buffers };
  if (runningMean) buffers['bn.running_mean'] = tf.tensor1d(runningMean);
  if (runningVar) buffers['bn.running_var'] = tf.tensor1d(runningVar);
  return { module, variables: { params, buffers } };
}

/** Sums of the parameters' gradients. */
function added(a: TensorDict, b: TensorDict): TensorDict {
  const names = Object.keys(a).filter((name) => name !== 'x');
  return Object.fromEntries(names.map((name) => [name, tf.add(a[name]!, b[name]!)]));
}

interface Pass {
  readonly x: number[];
  readonly up?: number[];
}

describe.skipIf(modes.length === 0)('layers against float64 references (needs shared/golden)', () => {
  describe.each(['native', 'wasm', 'cpu'] as const)('%s', async (backend) => {
    const present = await isAvailable(backend);

    describe.skipIf(!present)(`on ${backend}`, () => {
      beforeAll(async () => {
        await useBackend({ backend });
      });

      it.each(modes)('$function: $id', ({ function: name, args, expected, tol }) => {
        const [inward, outward] = name.endsWith('Nhwc') ? [same, same] : [channelsLast, channelsFirst];
        const check = (
          layer: ReturnType<typeof layerOf>,
          pass: Pass,
          want: Record<string, number[]>,
          training: boolean,
        ): { updates: TensorDict; grads: TensorDict } => {
          const { module, variables } = layer;
          const x = inward(tf.tensor(pass.x));
          const up = pass.up && inward(tf.tensor(pass.up));
          const context: Context = { training, updates: {} };
          const { aux, grads } = valueAndGrad(
            ({ x, ...params }) => {
              const y = module.apply({ params, buffers: variables.buffers }, x!, context);
              return { loss: up ? tf.sum(tf.mul(y, up)) : tf.sum(y), aux: { y, updates: context.updates } };
            },
            { ...variables.params, x },
          );
          expectClose(outward(aux.y).arraySync(), want.y, tol, 'y');
          if (want.gradX) expectClose(outward(grads.x!).arraySync(), want.gradX, tol, 'gradX');
          return { updates: aux.updates, grads };
        };
        const checkGradients = (grads: TensorDict, want: Record<string, number[]>): void => {
          if (want.gradGamma) expectClose(grads['bn.weight']!.arraySync(), want.gradGamma, tol, 'gradGamma');
          if (want.gradBeta) expectClose(grads['bn.bias']!.arraySync(), want.gradBeta, tol, 'gradBeta');
        };
        tf.tidy(() => {
          const first = inward(tf.tensor(args.train[0].x));
          let layer = layerOf(args, first.shape.at(-1)!);
          const gradients: TensorDict[] = [];
          (args.train as Pass[]).forEach((pass, index) => {
            const want = expected.train[index];
            const { updates, grads } = check(layer, pass, want, true);
            gradients.push(grads);
            expectClose(updates['bn.running_mean']!.arraySync(), want.runningMean, tol, 'runningMean');
            expectClose(updates['bn.running_var']!.arraySync(), want.runningVar, tol, 'runningVar');
            expectClose(updates['bn.num_batches_tracked']!.dataSync()[0], index + 1);
            layer = { ...layer, variables: { ...layer.variables, buffers: updates } };
          });
          if (args.eval) {
            const { updates, grads } = check(layer, args.eval, expected.eval, false);
            expectClose(Object.keys(updates).length, 0);
            if (expected.eval.gradGamma) checkGradients(grads, expected.eval);
            // In the older set, the last step's expected gradients of the parameters hold the evaluation's too.
            else gradients.push(added(gradients.pop()!, grads));
          }
          gradients.forEach((grads, index) => {
            checkGradients(grads, expected.train[index]);
          });
        });
      });

      it.each(splits)('$function: $id', ({ args, expected, tol }) => {
        tf.tidy(() => {
          const x = channelsLast(tf.tensor(args.x));
          const options = { splits: args.splits, ...(args.grouping ? { grouping: args.grouping } : {}) };
          const { module, variables } = layerOf(args, x.shape.at(-1)!, options);
          const context: Context = { training: true, updates: {} };
          expectClose(channelsFirst(module.apply(variables, x, context)).arraySync(), expected.y, tol);
          expectClose(context.updates['bn.running_mean']!.arraySync(), expected.runningMean, tol);
          expectClose(context.updates['bn.running_var']!.arraySync(), expected.runningVar, tol);
        });
      });

      it.each(linears)('$function: $id', ({ args, expected, tol }) => {
        tf.tidy(() => {
          const x = tf.tensor2d(args.x);
          const weight = tf.transpose(tf.tensor2d(args.w));
          const module = linearLayer('fc', { in: weight.shape[0]!, out: weight.shape[1]! });
          const up = tf.tensor(args.up);
          const { aux, grads } = valueAndGrad(
            ({ x, ...params }) => {
              const y = module.apply({ params, buffers: {} }, x!, { training: true, updates: {} });
              return { loss: tf.sum(tf.mul(y, up)), aux: y };
            },
            { 'fc.weight': weight, 'fc.bias': tf.tensor1d(args.b), x },
          );
          expectClose(aux.arraySync(), expected.y, tol);
          expectClose(grads.x!.arraySync(), expected.gradX, tol);
          expectClose(tf.transpose(grads['fc.weight']!).arraySync(), expected.gradW, tol);
          expectClose(grads['fc.bias']!.arraySync(), expected.gradB, tol);
        });
      });
    });
  });
});
