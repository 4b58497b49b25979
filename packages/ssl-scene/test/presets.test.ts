import {
  type Config,
  inputFilter,
  makeFramework,
  makePairs,
  makeViewPlan,
  maskLayout,
  parseConfig,
  presetNames,
  readConfigFile,
} from 'ssl-scene';
import { describe, expect, it } from 'vitest';

const preset = (name: string): Config => parseConfig(readConfigFile(name), name);

const MOCO_V2_AUGMENTATIONS = [
  { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
  { kind: 'grayscale', p: 0.2 },
  { kind: 'gaussian-blur', sigma: [0.1, 2], p: 0.5, method: 'pillow' },
  { kind: 'horizontal-flip', p: 0.5 },
];

/** Values of the papers' tables, under A09 of the fault rows: defaults must not wander. */
const PUBLISHED: Record<string, object> = {
  'simclr-imagenet-paper': {
    framework: { kind: 'simclr', temperature: 0.1, baseTemperature: 0.05, head: 'simclr-v1' },
    optimiser: { kind: 'lars', form: 'simclr', learningRate: 4.8, weightDecay: 1e-4 },
    schedule: { kind: 'step-cosine', warmupEpochs: 10 },
    training: { epochs: 100, batchSize: 4096 },
    views: { size: 224, crop: { scale: [0.08, 1] } },
  },
  'simclr-cifar10-official-paper': {
    framework: { kind: 'simclr', temperature: 0.5, baseTemperature: 0.25 },
    backbone: { depth: 18, stem: 'small' },
    optimiser: { kind: 'lars', form: 'simclr', learningRate: 2, weightDecay: 1e-4 },
    training: { epochs: 1000, batchSize: 512 },
  },
  'simclr-coco-paper': {
    framework: { kind: 'simclr', temperature: 0.1, head: 'openselfsup', hidden: 2048, dimension: 128 },
    optimiser: { kind: 'lars', form: 'openSelfSup', learningRate: 0.6, weightDecay: 1e-6 },
    schedule: { kind: 'openselfsup-cosine', warmupEpochs: 10 },
    training: { epochs: 800, batchSize: 512 },
  },
  'swav-imagenet-paper': {
    framework: {
      kind: 'swav',
      prototypes: 3000,
      temperature: 0.1,
      epsilon: 0.05,
      sinkhornIterations: 3,
      queueLength: 3840,
      queueStartEpoch: 15,
      freezePrototypesSteps: 5005,
    },
    views: { size: 224, crop: { scale: [0.14, 1] }, small: { count: 6, size: 96, crop: { scale: [0.05, 0.14] } } },
    optimiser: { kind: 'lars', learningRate: 0.6, weightDecay: 1e-6 },
    schedule: { kind: 'step-cosine', decayRate: 0.001 },
    training: { epochs: 200, batchSize: 256 },
  },
  'moco-v1-imagenet-paper': {
    framework: { kind: 'moco', version: 'v1', queueLength: 65536, momentum: 0.999, splits: 8 },
    schedule: { kind: 'multi-step', milestones: [120, 160], decayRate: 0.1 },
    optimiser: { kind: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 1e-4, exclude: 'none' },
    training: { epochs: 200, batchSize: 256 },
  },
  'moco-v2-imagenet-paper': {
    framework: { kind: 'moco', version: 'v2', queueLength: 65536, momentum: 0.999, splits: 8 },
    views: { size: 224, crop: { scale: [0.2, 1] }, augmentations: MOCO_V2_AUGMENTATIONS },
    schedule: { kind: 'epoch-cosine' },
    optimiser: { kind: 'sgd', learningRate: 0.03, weightDecay: 1e-4 },
    training: { epochs: 200, batchSize: 256 },
  },
  'moco-cifar10-demo-paper': {
    framework: { kind: 'moco', head: 'linear', temperature: 0.1, queueLength: 4096, momentum: 0.99, splits: 8 },
    optimiser: { kind: 'sgd', learningRate: 0.06, weightDecay: 5e-4 },
    training: { epochs: 200, batchSize: 512 },
  },
  'moco-v2-coco-paper': {
    framework: { kind: 'moco', version: 'v2', splits: 8 },
    optimiser: { kind: 'sgd', learningRate: 0.3, weightDecay: 1e-4 },
    training: { epochs: 800, batchSize: 256 },
    views: { augmentations: MOCO_V2_AUGMENTATIONS },
  },
  'densecl-coco-paper': {
    framework: { kind: 'densecl', temperature: 0.2, denseShare: 0.5, queueLength: 65536 },
    optimiser: { kind: 'sgd', learningRate: 0.3 },
    training: { epochs: 800, batchSize: 256 },
  },
  'byol-imagenet-paper': {
    framework: { kind: 'byol', variant: 'official', momentum: 0.99 },
    optimiser: { kind: 'lars', learningRate: 4.8, weightDecay: 1e-6, exclude: 'bias-and-norm' },
    schedule: { kind: 'step-cosine', warmupEpochs: 10 },
    training: { epochs: 300, batchSize: 4096 },
  },
  'byol-coco-paper': {
    framework: { kind: 'byol', variant: 'openselfsup' },
    backbone: { depth: 50, initialisation: 'fan-in', zeroInitResidual: false },
    optimiser: { kind: 'sgd', learningRate: 0.4, weightDecay: 1e-4, exclude: 'none' },
    schedule: { kind: 'openselfsup-cosine', warmupEpochs: 4, warmupRatio: 1e-4 },
    training: { epochs: 800, batchSize: 512 },
  },
  'simsiam-imagenet-paper': {
    framework: { kind: 'simsiam', dimension: 2048, predictorHidden: 512, fixedPredictorRate: true },
    backbone: { depth: 50, zeroInitResidual: true },
    optimiser: { kind: 'sgd', learningRate: 0.1, weightDecay: 1e-4 },
    schedule: { kind: 'epoch-cosine' },
    training: { epochs: 100, batchSize: 512 },
  },
};

describe('A09: values of the papers', () => {
  it.each(Object.entries(PUBLISHED))('%s', (name, values) => {
    expect(preset(name)).toMatchObject(values);
  });

  it('BYOL’s views differ in blur and solarisation', () => {
    const [a, b] = makeViewPlan(preset('byol-imagenet-paper')).views;
    const probability = (view: typeof a, kind: string) =>
      view!.augmentations.find((augmentation) => augmentation.kind === kind)?.p;
    expect([probability(a, 'gaussian-blur'), probability(b, 'gaussian-blur')]).toEqual([1, 0.1]);
    expect([probability(a, 'solarize'), probability(b, 'solarize')]).toEqual([undefined, 0.2]);
  });

  const SMALL = { cifar10: 32, cifar100: 32, stl10: 96, 'tiny-imagenet': 64 };
  const FRAMEWORKS = {
    simclr: { kind: 'simclr', temperature: 0.5, baseTemperature: 0.07, head: 'plain' },
    moco: { kind: 'moco', version: 'v2', queueLength: 65536, momentum: 0.999, splits: 8 },
    byol: { kind: 'byol', variant: 'contrastive-crop' },
    simsiam: { kind: 'simsiam', dimension: 512, predictorHidden: 128, fixedPredictorRate: true },
  };
  const rows = Object.entries(SMALL).flatMap(([data, size]) =>
    Object.entries(FRAMEWORKS).map(([kind, framework]) => ({ data, size, kind, framework })),
  );

  it.each(rows)('table 1 of ContrastiveCrop: $kind on $data', ({ data, size, kind, framework }) => {
    const [plain, steered] = ['', 'contrastive-crop-'].map((prefix) => preset(`${prefix}${kind}-${data}-paper`));
    for (const config of [plain!, steered!]) {
      expect(config).toMatchObject({
        data: { kind: data },
        framework,
        backbone: { depth: 18, width: 64, stem: 'small', zeroInitResidual: kind === 'simsiam' },
        optimiser: { kind: 'sgd', learningRate: 0.5, momentum: 0.9, weightDecay: 1e-4, exclude: 'none' },
        schedule: { kind: 'contrastive-crop-cosine', decayRate: 0.1 },
        training: { epochs: 500, batchSize: 512 },
      });
      expect(config.views).toMatchObject({ size, crop: { scale: [0.2, 1] } });
      expect(config.views.augmentations.map((augmentation) => augmentation.kind)).toEqual([
        'horizontal-flip',
        'colour-jitter',
        'grayscale',
      ]);
    }
    expect(plain!.regions).toBeUndefined();
    expect(steered!.views.crop).toMatchObject({ kind: 'contrastive', alpha: 0.6 });
    expect(steered!.regions).toMatchObject({ size, threshold: 0.1, warmup: 100, interval: 100 });
  });

  it.each(['moco-v1', 'moco-v2', 'simsiam'])('table 2 of ContrastiveCrop: %s', (framework) => {
    for (const data of ['imagenet', 'in-200']) {
      const config = preset(`contrastive-crop-${framework}-${data}-paper`);
      expect(config.views.crop).toMatchObject({ kind: 'contrastive', alpha: 0.6, scale: [0.2, 1] });
      expect(config.regions).toMatchObject({ size: 224, threshold: 0.1, warmup: 20, interval: 20 });
      expect(config.training.epochs).toBe(100);
      expect(config.data).toEqual({ kind: 'imagenet', ...(data === 'in-200' && { classes: 'in-200' }) });
    }
  });
});

describe('SGCL-style presets', () => {
  const NAMES = ['sgcl-simclr-cifar10', 'sgcl-byol-coco', 'sgcl-simclr-coco-mini', 'testbed-sgcl'];

  it.each(NAMES)('%s says that it is reconstructed', (name) => {
    expect(preset(name).source).toMatch(/reconstructed from the abstract of SGCL/);
  });

  it('have the reconstruction’s layout: one random pair and two salient ones, weighted within an image', () => {
    for (const [name, size, grid, interval] of [
      ['sgcl-simclr-cifar10', 14, 2, 4],
      ['sgcl-byol-coco', 96, 4, 160],
      ['sgcl-simclr-coco-mini', 41, 4, 20],
    ] as const) {
      const { views, regions, training } = preset(name);
      expect(views.crop.kind).toBe('random-resized');
      expect(views.salient).toMatchObject({
        count: 2,
        size,
        crop: { kind: 'saliency', scale: [0.05, 0.4], tau: 0.5, gamma: 1, grid, acceptance: 'mean' },
      });
      expect(views.weighting).toMatchObject({
        score: 'geometric',
        eps: 0.05,
        power: 1,
        normalise: 'image',
        global: true,
      });
      expect(regions).toMatchObject({ source: 'network', warmup: interval, interval });
      expect(training.epochs).toBe(5 * interval);
    }
    expect(preset('sgcl-byol-coco').regions!.network).toBe('average');
  });
});

describe('A09: the tables of saliency-guided masking', () => {
  const STRATEGIES = ['high-pass', 'blur', 'mean'] as const;
  const RECIPES = {
    'moco-v2': {
      framework: { kind: 'moco', version: 'v2', queueLength: 65536, momentum: 0.999, splits: 8 },
      optimiser: { kind: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 1e-4 },
      schedule: { kind: 'epoch-cosine' },
    },
    simclr: {
      framework: { kind: 'simclr', temperature: 0.2, baseTemperature: 0.2, head: 'plain' },
      optimiser: { kind: 'lars', form: 'simclr', learningRate: 0.3 },
      schedule: { kind: 'step-cosine', warmupEpochs: 10 },
    },
  };
  const rows = Object.entries(RECIPES).flatMap(([name, recipe]) => [
    { row: `${name}-in-100-paper`, recipe, masking: undefined },
    ...STRATEGIES.map((kind) => ({ row: `masking-${kind}-${name}-in-100-paper`, recipe, masking: kind })),
    { row: `mscn-${name}-in-100-paper`, recipe, masking: 'mscn' },
  ]);

  it.each(rows)('$row', ({ row, recipe, masking }) => {
    const config = preset(row);
    expect(config).toMatchObject({
      ...recipe,
      data: { kind: 'imagenet', classes: 'in-100' },
      backbone: { depth: 50, width: 64, stem: 'imagenet' },
      training: { epochs: 200, batchSize: 256 },
      views: { size: 224, crop: { kind: 'random-resized', scale: [0.2, 1] }, augmentations: MOCO_V2_AUGMENTATIONS },
    });
    // What was inferred is never given for published.
    const isInferred = row.includes('simclr') || masking === 'mscn';
    expect(config.source).toMatch(isInferred ? /inferred \[I\]/ : /^(?!.*inferred)/);
    if (masking === undefined) expect(config.masking).toBeUndefined();
    else if (masking === 'mscn')
      expect(config.masking).toMatchObject({ kind: 'mscn', grid: 7, positiveRatio: [0.05, 0.25] });
    else {
      expect(config.masking).toMatchObject({
        kind: 'patches',
        branch: 'query',
        strategy: { kind: masking },
        selection: 'saliency',
        saliency: { kind: 'network', backbone: { kind: 'resnet', depth: 50, stem: 'imagenet' } },
        foreground: { relax: 0.6 },
        grid: 7,
        positiveRatio: [0.05, 0.25],
        negativeRatio: [0.4, 0.7],
        hardNegatives: true,
        rho: 2,
        positiveInDenominator: true,
        backgroundCount: 'total',
      });
    }
  });

  it.each([
    ['masking-moco-cifar10', 'moco', 'average', true],
    ['masking-simclr-cifar10', 'simclr', 'online', true],
    ['masking-byol-cifar10', 'byol', 'average', false],
    ['masking-simsiam-cifar10', 'simsiam', 'online', false],
  ])('%s is small, and says that it is inferred', (name, kind, saliency, hardNegatives) => {
    expect(preset(name)).toMatchObject({
      source: expect.stringMatching(/inferred \[I\]/),
      framework: { kind },
      views: { size: 32 },
      backbone: { width: 16 },
      masking: { kind: 'patches', branch: 'query', saliency: { kind: saliency }, hardNegatives, rho: 2 },
    });
  });

  it('combinations are not given for published methods', () => {
    const combined = preset('masking-contrastive-crop-simclr-cifar10');
    expect(combined.source).toMatch(/not a published method/);
    expect(combined.views.crop.kind).toBe('contrastive');
    expect(combined.masking).toMatchObject({ saliency: { kind: 'heat-maps' }, hardNegatives: true });
    const salient = preset('masking-sgcl-simclr-cifar10');
    expect(salient.source).toMatch(/reconstructed from an abstract.*not a published method/);
    expect(makePairs(salient).map(({ role }) => role)).toEqual(['global', 'salient', 'salient']);
    expect(salient.views.weighting).toBeDefined();
    expect(salient.masking).toMatchObject({ saliency: { kind: 'heat-maps' }, hardNegatives: true });
    expect(preset('masking-testbed').masking).toMatchObject({ saliency: { kind: 'object-masks' } });
  });

  it('the defaults of high-pass masks', () => {
    const { masking } = preset('masking-high-pass-moco-v2-in-100-paper');
    expect(masking).toMatchObject({ strategy: { focal: 0.2, spatial: 0.3, freshNoise: 'focal' } });
    expect(inputFilter(preset('masking-high-pass-moco-v2-in-100-paper'))).toEqual({});
    expect(inputFilter(preset('mscn-moco-v2-in-100-paper'))).toEqual({});
    expect(inputFilter(preset('masking-blur-moco-v2-in-100-paper'))).toBeUndefined();
  });
});

describe('the parts of a run', () => {
  // Sections are enough to see that a preset's options reach the framework; networks of the real size are not built here.
  it.each(presetNames())('%s can be made', (name) => {
    const config = preset(name);
    const framework = makeFramework({ ...config, backbone: { ...config.backbone, depth: 18, width: 8 } });
    expect(framework.name.length).toBeGreaterThan(0);
    const masked = Object.keys(maskLayout(config)?.plan ?? {});
    const names = [...makeViewPlan(config).views.map((view) => view.name), ...masked];
    for (const { a, b, hardNegative = a } of makePairs(config)) {
      expect(names).toEqual(expect.arrayContaining([a, b, hardNegative]));
    }
  });
});
