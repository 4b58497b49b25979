import { type Backbone, loadPretrained, type ResNetDepth, resnet } from '@ssl-scene/backbones';
import type { Context, Variables } from '@ssl-scene/nn';
import { type StoredTensor, toFloat32 } from '@ssl-scene/safetensors';
import { disposeTree, jit, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { casesOf, type GoldenCase, goldenFile } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAvailable } from './backends.ts';
import {
  expectCloseByNorm,
  expectCloseToLargest,
  images,
  norm,
  parameterToFile,
  readTensors,
  toFile,
} from './reference.ts';

const cases = [...casesOf('backbones', 'resnet'), ...casesOf('numerics-backbones', 'resnetModes')];

/** Tolerances of the references: about ten times what PyTorch in float32 shows. */
const STAGE_LIMIT = 2e-5;
const GRADIENT_LIMIT = 2e-4;

interface Setting {
  readonly backbone: Backbone;
  readonly variables: Variables;
  readonly expected: Record<string, StoredTensor>;
  readonly input: Tensor;
}

function setting({ args }: GoldenCase): Setting {
  const layers: number[] = args.layers;
  const depth = (args.block === 'basic' ? 18 : 50) as ResNetDepth;
  expect(layers).toEqual(depth === 18 ? [2, 2, 2, 2] : [3, 4, 6, 3]);
  const backbone = resnet({ depth, width: args.width, stem: args.stem });
  const { variables, report } = loadPretrained(backbone, goldenFile(args.weights)!);
  expect(report).toEqual({ ...report, missing: [], missingCounters: [], mismatched: [], unexpected: [] });
  const expected = readTensors(goldenFile(args.tensors)!);
  return { backbone, variables, expected, input: images(expected.input!) };
}

function stagesOf(backbone: Backbone, variables: Variables, input: Tensor, training: boolean): Record<string, Tensor> {
  const context: Context = { training, updates: {} };
  const { pooled, taps } = backbone.features(variables, input, context, backbone.stages);
  return { ...taps, pooled, ...context.updates };
}

/** The function whose gradient the references hold: a weighted sum or the mean of the pooled features. */
function lossOf(pooled: Tensor, up: Tensor | undefined): Tensor {
  return up ? tf.div(tf.sum(tf.mul(pooled, up)), pooled.shape[0]!) : tf.mean(pooled);
}

describe.skipIf(cases.length === 0)('ResNets against float64 references (needs shared/golden)', () => {
  describe.each(['native', 'wasm'] as const)('%s', async (backend) => {
    const present = await isAvailable(backend);

    describe.skipIf(!present)(`on ${backend}`, () => {
      beforeAll(async () => {
        await useBackend({ backend });
      });

      it.each(cases.map((item) => [item.id, item] as const))('%s: stages and buffers', (_id, item) => {
        const { backbone, variables, expected, input } = setting(item);
        for (const mode of ['eval', 'train'] as const) {
          const forward = jit((all: { params: TensorDict; buffers: TensorDict }, x: Tensor) =>
            stagesOf(backbone, all, x, mode === 'train'),
          );
          const outputs = forward(variables as { params: TensorDict; buffers: TensorDict }, input);
          let compared = 0;
          for (const [name, stored] of Object.entries(expected)) {
            const [kind, ...rest] = name.split('.') as [string, ...string[]];
            if (kind !== mode && !(kind === 'after' && mode === 'train')) continue;
            const output = outputs[rest.join('.')];
            // One set's counters include the two further passes of its own gradient check; the step by 1 is tested below.
            if (rest[0] === 'up' || rest.at(-1) === 'num_batches_tracked') continue;
            expectCloseToLargest(toFile(output!), toFloat32(stored), STAGE_LIMIT, name);
            compared++;
          }
          expect(compared).toBeGreaterThan(1);
          if (mode === 'train') {
            const before = variables.buffers['bn1.num_batches_tracked']!.dataSync()[0]!;
            expect(outputs['bn1.num_batches_tracked']!.dataSync()[0]).toBe(before + 1);
          } else expect(Object.keys(outputs).sort()).toEqual([...backbone.stages, 'pooled'].sort());
          disposeTree(outputs);
          forward.dispose();
        }
        disposeTree(variables as { params: TensorDict; buffers: TensorDict });
        input.dispose();
      });

      it.each(cases.map((item) => [item.id, item] as const))('%s: loss and gradients', async (_id, item) => {
        const { backbone, variables, expected, input } = setting(item);
        const up = expected['train.up']
          ? tf.tensor(toFloat32(expected['train.up']), expected['train.up'].shape as number[])
          : undefined;
        const gradientNorms: Record<string, Record<string, number>> = up
          ? { train: item.expected.gradNorms }
          : item.expected.gradNorms;
        for (const mode of Object.keys(gradientNorms)) {
          const differentiate = jit((params: TensorDict, buffers: TensorDict, x: Tensor) => {
            const { loss, grads } = valueAndGrad((learned) => {
              const context: Context = { training: mode === 'train', updates: {} };
              return { loss: lossOf(backbone.apply({ params: learned, buffers }, x, context), up) };
            }, params);
            return { loss, grads };
          });
          const { loss, grads } = differentiate(variables.params, variables.buffers, input);
          if (up) expect(Math.abs(loss.dataSync()[0]! - item.expected.trainLoss)).toBeLessThan(1e-4);
          const stored = up ? 'grad' : `grad${mode === 'train' ? 'Train' : 'Eval'}`;
          for (const { name, kind } of backbone.parameters) {
            const gradient = await parameterToFile(grads[name]!, kind);
            const want = gradientNorms[mode]![name]!;
            expect(Math.abs(norm(gradient) - want) / want, `norm of ${name}`).toBeLessThan(GRADIENT_LIMIT);
            const tensor = expected[`${stored}.${name}`];
            if (tensor) expectCloseByNorm(gradient, toFloat32(tensor), GRADIENT_LIMIT, `${mode} ${name}`);
          }
          disposeTree({ loss, grads });
          differentiate.dispose();
        }
        disposeTree(variables as { params: TensorDict; buffers: TensorDict });
        input.dispose();
        up?.dispose();
      });
    });
  });
});
