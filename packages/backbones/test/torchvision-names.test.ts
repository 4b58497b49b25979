import { readFileSync } from 'node:fs';
import { classifier, namedResnet, RESNETS, type ResNetName } from '@ssl-scene/backbones';
import { type ParameterSpec, shapeInFile } from '@ssl-scene/nn';
import { casesOf, goldenFile } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const cases = casesOf(['backbones', 'numerics-backbones'], 'stateDictNames');
const models = cases.flatMap(({ args, expected }) =>
  (args.models as ResNetName[]).map((model) => ({ model, file: expected.file, count: expected.parameters[model] })),
);

describe.skipIf(models.length === 0)('names and shapes of torchvision (needs shared/golden)', () => {
  it.each(models)('$model in $file', ({ model, file, count }) => {
    const reference: Record<string, number[]> = JSON.parse(readFileSync(goldenFile(file)!, 'utf8'))[model].tensors;
    const { parameters, buffers } = classifier(namedResnet(model), { classes: 1000 });
    const ours = [...parameters, ...buffers].map((spec) => {
      const kind = 'kind' in spec ? (spec as ParameterSpec).kind : undefined;
      return [spec.name, shapeInFile(spec.shape, kind)] as const;
    });
    expect(Object.fromEntries(ours)).toEqual(reference);
    const isBuffer = (name: string): boolean => /running_|num_batches/.test(name);
    expect(parameters.map(({ name }) => name)).toEqual(Object.keys(reference).filter((name) => !isBuffer(name)));
    expect(buffers.map(({ name }) => name)).toEqual(Object.keys(reference).filter(isBuffer));
    const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
    expect(parameters.reduce((sum, { shape }) => sum + size(shape), 0)).toBe(count);
  });
});

describe('namedResnet', () => {
  it('knows how many parameters torchvision states for the forms without a reference file', () => {
    const size = (name: ResNetName): number =>
      classifier(namedResnet(name), { classes: 1000 }).parameters.reduce(
        (sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1),
        0,
      );
    expect(size('resnext101_32x8d')).toBe(88_791_336);
    expect(size('resnext101_64x4d')).toBe(83_455_272);
    expect(size('wide_resnet101_2')).toBe(126_886_696);
  });

  it('suggests the name that was meant', () => {
    expect(() => namedResnet('resnet_50' as ResNetName)).toThrow(/UNKNOWN_BACKBONE.*Did you mean resnet50/);
    expect(Object.keys(RESNETS)).toContain('resnext50_32x4d');
  });
});
