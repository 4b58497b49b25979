import { override, parseConfig, presetNames, readConfigFile } from 'ssl-scene';
import { describe, expect, it } from 'vitest';

const demo = (): Record<string, unknown> => readConfigFile('demo') as Record<string, unknown>;

describe('presets', () => {
  it.each(presetNames())('%s is a valid configuration', (name) => {
    expect(parseConfig(readConfigFile(name), name).name).toBe(name);
  });

  it('A09: simclr-cifar10-paper holds the values of the released code', () => {
    const config = parseConfig(readConfigFile('simclr-cifar10-paper'), 'preset');
    expect(config.framework).toMatchObject({
      kind: 'simclr',
      temperature: 0.5,
      baseTemperature: 0.07,
      head: 'plain',
      dimension: 128,
    });
    expect(config.backbone).toMatchObject({ depth: 18, width: 64, stem: 'small' });
    expect(config.views.crop).toMatchObject({ kind: 'random-resized', scale: [0.2, 1], ratio: [3 / 4, 4 / 3] });
    expect(config.views.augmentations).toEqual([
      { kind: 'horizontal-flip', p: 0.5 },
      { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
      { kind: 'grayscale', p: 0.2 },
    ]);
    expect(config.normalise).toEqual({ mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] });
    expect(config.optimiser).toMatchObject({
      kind: 'sgd',
      learningRate: 0.5,
      momentum: 0.9,
      weightDecay: 1e-4,
      exclude: 'none',
    });
    expect(config.schedule).toEqual({ kind: 'contrastive-crop-cosine', decayRate: 0.1 });
    expect(config.training).toMatchObject({ epochs: 500, batchSize: 512 });
  });

  it('A09: contrastive-crop-simclr-cifar10-paper adds alpha .6, k .1 and refreshes every 100 epochs', () => {
    const config = parseConfig(readConfigFile('contrastive-crop-simclr-cifar10-paper'), 'preset');
    expect(config.views.crop).toMatchObject({ kind: 'contrastive', alpha: 0.6, scale: [0.2, 1], legacyClamp: false });
    // The trainer's own defaults then hold: the learning network's last stage, summed over channels.
    expect(config.regions).toEqual({
      source: 'network',
      size: 32,
      threshold: 0.1,
      component: 'all',
      warmup: 100,
      interval: 100,
      edges: 'last-index',
    });
  });

  it('an unknown preset is an error with a suggestion', () => {
    expect(() => readConfigFile('simclr-cifar')).toThrow(/UNKNOWN_PRESET.*Did you mean "simclr-cifar10"/);
    expect(() => readConfigFile('missing.yaml')).toThrow(/CONFIG_MISSING/);
  });
});

describe('parseConfig', () => {
  it('names an unknown key, where it is, and the right one', () => {
    expect(() => parseConfig({ ...demo(), trainning: {} }, 'my.yaml')).toThrow(
      /UNKNOWN_KEY.*"trainning" \(my\.yaml\).*Did you mean "training"/,
    );
    const nested = override(demo(), 'views.crop.alfa=1');
    expect(() => parseConfig(nested, 'my.yaml')).toThrow(/"views\.crop" has, found "alfa".*Did you mean "alpha"/);
  });

  it('names a value that is wrong, and where', () => {
    expect(() => parseConfig(override(demo(), 'training.epochs=0'), 'my.yaml')).toThrow(
      /CONFIG_VALUE.*found 0 \(my\.yaml: training\.epochs\)/,
    );
    expect(() => parseConfig(override(demo(), 'views.crop.scale=[1, 0.2]'), 'x')).toThrow(/views\.crop\.scale/);
    expect(() => parseConfig({}, 'my.yaml')).toThrow(/CONFIG_VALUE/);
  });
});

describe('override', () => {
  it('sets numbers, lists and words, and leaves the original alone', () => {
    const original = demo();
    const before = structuredClone(original);
    const changed = ['training.epochs=7', 'views.crop.scale=[0.1, 0.5]', 'name=mine'].reduce<unknown>(
      override,
      original,
    );
    expect(changed).toMatchObject({ name: 'mine', training: { epochs: 7 }, views: { crop: { scale: [0.1, 0.5] } } });
    expect(original).toEqual(before);
  });

  it('refuses what is no assignment', () => {
    expect(() => override({}, 'training.epochs')).toThrow(/OVERRIDE_FORM/);
    expect(() => override({}, '=3')).toThrow(/OVERRIDE_FORM/);
    expect(() => override({}, 'a..b=3')).toThrow(/OVERRIDE_FORM/);
  });
});
