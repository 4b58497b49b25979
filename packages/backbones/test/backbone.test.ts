import { cifarResnet, classifier, loadPretrained, resnet, squeezeNet } from '@ssl-scene/backbones';
import { encodeVariables, initialise, type Variables } from '@ssl-scene/nn';
import { encodeSafetensors } from '@ssl-scene/safetensors';
import { disposeTree, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await useBackend();
});

const small = resnet({ depth: 18, width: 4, stem: 'small' });
const dispose = (variables: Variables): void => disposeTree(variables as { params: TensorDict; buffers: TensorDict });
const evaluation = { training: false, updates: {} };

async function bytesOf(variables: Variables, prefix = ''): Promise<Uint8Array> {
  return encodeSafetensors(await encodeVariables(small, variables, { prefix }));
}

describe('features by stage', () => {
  it.each([
    { backbone: resnet({ depth: 50, width: 4 }), sides: [32, 16, 8, 4, 2], channels: [4, 16, 32, 64, 128] },
    { backbone: small, sides: [64, 64, 32, 16, 8], channels: [4, 4, 8, 16, 32] },
    { backbone: cifarResnet({ depth: 8, width: 4 }), sides: [64, 64, 32, 16], channels: [4, 4, 8, 16] },
    {
      backbone: squeezeNet(),
      sides: [29, 14, 14, 14, 7, 7, 7, 7, 3],
      channels: [96, 128, 128, 256, 256, 384, 384, 512, 512],
    },
  ])('$backbone.name', ({ backbone, sides, channels }) => {
    const variables = initialise(backbone, 1);
    const { pooled, taps } = tf.tidy(() => {
      const seen = backbone.features(variables, tf.ones([2, 64, 64, 3]), evaluation, backbone.stages);
      return { pooled: seen.pooled, taps: { ...seen.taps } };
    });
    expect(pooled.shape).toEqual([2, backbone.featureDim]);
    expect(backbone.stages.map((stage) => taps[stage]!.shape)).toEqual(
      sides.map((side, index) => [2, side, side, channels[index]]),
    );
    disposeTree({ pooled, taps });
    dispose(variables);
  });

  it('gives only the maps asked for, and suggests a stage for a wrong name', () => {
    const variables = initialise(small, 1);
    tf.tidy(() => {
      const { taps } = small.features(variables, tf.ones([1, 8, 8, 3]), evaluation, ['layer3']);
      expect(Object.keys(taps)).toEqual(['layer3']);
      expect(() => small.features(variables, tf.ones([1, 8, 8, 3]), evaluation, ['layer5'])).toThrow(
        /UNKNOWN_STAGE.*layer/,
      );
    });
    dispose(variables);
  });
});

describe('fresh networks', () => {
  it('have Kaiming-normal filters: fan-out as torchvision, fan-in as OpenSelfSup', () => {
    const spread = (initialisation: 'fan-out' | 'fan-in'): number => {
      const variables = initialise(resnet({ depth: 18, width: 32, initialisation }), 3);
      const filter = variables.params['layer2.0.conv1.weight']!;
      const deviation = tf.tidy(() => tf.sqrt(tf.moments(filter).variance).dataSync()[0]!);
      dispose(variables);
      return deviation;
    };
    expect(spread('fan-out') / Math.sqrt(2 / (9 * 64))).toBeCloseTo(1, 1);
    expect(spread('fan-in') / Math.sqrt(2 / (9 * 32))).toBeCloseTo(1, 1);
  });

  it('silence residual branches where asked to', () => {
    const network = resnet({ depth: 50, width: 4, stem: 'small', zeroInitResidual: true });
    const { params, buffers } = initialise(network, 3);
    const zero = Object.keys(params).filter((name) => tf.tidy(() => tf.max(tf.abs(params[name]!)).dataSync()[0] === 0));
    expect(zero.filter((name) => name.endsWith('.weight')).every((name) => name.endsWith('bn3.weight'))).toBe(true);
    expect(zero.filter((name) => name.endsWith('bn3.weight')).length).toBe(16);
    dispose({ params, buffers });
  });

  it('leave no tensor behind in a hundred forward and backward passes', () => {
    const variables = initialise(small, 2);
    const input = tf.randomUniform([2, 8, 8, 3], 0, 1, 'float32', 5);
    const pass = (): void => {
      tf.tidy(() => {
        valueAndGrad((params) => {
          const context = { training: true, updates: {} };
          return {
            loss: tf.mean(small.apply({ params, buffers: variables.buffers }, input, context)),
            aux: context.updates,
          };
        }, variables.params);
      });
    };
    pass();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 100; count++) pass();
    expect(tf.memory().numTensors).toBe(before);
    input.dispose();
    dispose(variables);
  });
});

describe('options', () => {
  it('are checked', () => {
    expect(() => resnet({ depth: 19 as never })).toThrow(/depth among 18, 34/);
    expect(() => resnet({ depth: 18, groups: 32 })).toThrow(/groups 1/);
    expect(() => resnet({ depth: 18, width: 0 })).toThrow(/OPTION/);
    expect(() => resnet({ depth: 18, stem: 'cifar' as never })).toThrow(/'imagenet' or 'small'/);
    expect(() => cifarResnet({ depth: 21 })).toThrow(/6n \+ 2/);
  });
});

describe('loadPretrained', () => {
  it('loads what was saved, bit for bit', async () => {
    const variables = initialise(small, 7);
    const restored = loadPretrained(small, await bytesOf(variables));
    expect(restored.report.matched.length).toBe(small.parameters.length + small.buffers.length);
    for (const [name, tensor] of Object.entries({ ...variables.params, ...variables.buffers })) {
      const back = restored.variables.params[name] ?? restored.variables.buffers[name]!;
      expect(back.shape, name).toEqual(tensor.shape);
      expect(Buffer.compare(Buffer.from(back.dataSync().buffer), Buffer.from(tensor.dataSync().buffer)), name).toBe(0);
    }
    dispose(variables);
    dispose(restored.variables);
  });

  it('refuses a network that saw images through a filter, where this one does not', async () => {
    const variables = initialise(small, 7);
    const metadata = { input_filter: '{"kernel":5}' };
    const bytes = encodeSafetensors(await encodeVariables(small, variables), { metadata });
    expect(() => loadPretrained(small, bytes)).toThrow(/INPUT_FILTER_MISSING.*"kernel":5/);
    for (const loaded of [
      loadPretrained({ ...small, inputFilter: { kernel: 5 } }, bytes),
      loadPretrained(small, bytes, { force: true }),
    ]) {
      expect(loaded.report.missing).toEqual([]);
      dispose(loaded.variables);
    }
    dispose(variables);
  });

  it('C04: loads the backbone alone from a file with a head of any width, and lists what it left', async () => {
    const withHead = classifier(small, { classes: 10 });
    const variables = initialise(withHead, 7);
    const bytes = encodeSafetensors(await encodeVariables(withHead, variables));
    const { report, variables: loaded } = loadPretrained(small, bytes);
    expect(report.unexpected.toSorted()).toEqual(['fc.bias', 'fc.weight']);
    expect(report.missing).toEqual([]);
    const other = loadPretrained(classifier(small, { classes: 128 }), bytes);
    expect(other.report.mismatched).toEqual([
      { name: 'fc.weight', expected: [128, 32], found: [10, 32] },
      { name: 'fc.bias', expected: [128], found: [10] },
    ]);
    for (const group of [variables, loaded, other.variables]) dispose(group);
  });

  it('C05: fails where a prefix hides the names, says which, and loads with it', async () => {
    const variables = initialise(small, 7);
    for (const prefix of ['backbone.', 'module.', 'encoder_q.']) {
      const bytes = await bytesOf(variables, prefix);
      const tensors = tf.memory().numTensors;
      expect(() => loadPretrained(small, bytes)).toThrow(
        new RegExp(`PRETRAINED_MISMATCH.*0\\.0 %.*pass \\{ prefix: "${prefix}" \\}`),
      );
      expect(tf.memory().numTensors).toBe(tensors);
      const { report, variables: loaded } = loadPretrained(small, bytes, { prefix });
      expect(report.missing.length + report.unexpected.length).toBe(0);
      dispose(loaded);
    }
    dispose(variables);
  });

  it('C05: fails under 90 % unless forced, and fills the rest with fresh values', async () => {
    const variables = initialise(small, 7);
    const stored = await encodeVariables(small, variables);
    const some = Object.fromEntries(Object.entries(stored).slice(0, 70));
    const bytes = encodeSafetensors(some);
    expect(() => loadPretrained(small, bytes)).toThrow(/PRETRAINED_MISMATCH.*at least 90 %/);
    const { report, variables: loaded } = loadPretrained(small, bytes, { force: true, seed: 7 });
    expect(report.matched.length).toBe(70);
    expect(report.missing.length + report.missingCounters.length).toBe(Object.keys(stored).length - 70);
    expect(Object.keys(loaded.params)).toEqual(Object.keys(variables.params));
    dispose(variables);
    dispose(loaded);
  });
});
