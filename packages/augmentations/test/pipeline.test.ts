import {
  type Augmentation,
  applyOperations,
  augment,
  checkAugmentations,
  drawOperations,
  type Operation,
  Pipeline,
  Workspace,
} from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function noise(width: number, height: number, seed = 0): Raster {
  const random = randomStream(seed, 'noise');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 256)) };
}

const simclr: readonly Augmentation[] = [
  { kind: 'horizontal-flip', p: 0.5 },
  { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 },
  { kind: 'grayscale', p: 0.2 },
  { kind: 'gaussian-blur', p: 0.5 },
  { kind: 'solarize', p: 0.2 },
];

/** Operations of one kind over many draws. */
function drawn<K extends Operation['kind']>(
  kind: K,
  pipeline: readonly Augmentation[],
  draws: number,
): Extract<Operation, { kind: K }>[] {
  const prepared = new Pipeline(pipeline);
  const random = randomStream(5, 'draws');
  return Array.from({ length: draws }, () => prepared.draw(random))
    .flat()
    .filter((operation): operation is Extract<Operation, { kind: K }> => operation.kind === kind);
}

describe('augment', () => {
  it('is a pure function of image, pipeline and stream', () => {
    const image = noise(17, 11);
    const before = image.data.slice();
    const first = augment(image, simclr, randomStream(1, 'view', 0, 3));
    const second = augment(image, new Pipeline(simclr), randomStream(1, 'view', 0, 3), { workspace: new Workspace() });
    expect(second).toEqual(first);
    expect(image.data).toEqual(before);
    expect(augment(image, simclr, randomStream(1, 'view', 0, 4))).not.toEqual(first);
  });

  it('gives the same with used scratch memory, in place, and into another raster', () => {
    const workspace = new Workspace();
    const operations: readonly Operation[] = [
      { kind: 'horizontal-flip' },
      { kind: 'vertical-flip' },
      { kind: 'brightness', factor: 1.3 },
      { kind: 'hue', turn: 0.2 },
      { kind: 'contrast', factor: 0.7 },
      { kind: 'saturation', factor: 1.9 },
      { kind: 'gaussian-blur', sigma: 0.8, kernelSize: 5 },
      { kind: 'box-blur', radius: 1.4 },
      { kind: 'rotate', degrees: 20, filter: 'bilinear', fill: 9 },
      { kind: 'equalize' },
      { kind: 'autocontrast' },
      { kind: 'posterize', bits: 6 },
      { kind: 'solarize', threshold: 200 },
      { kind: 'grayscale' },
    ];
    for (let count = 0; count <= operations.length; count++) {
      const image = noise(19, 23, count);
      const some = operations.slice(operations.length - count);
      const fresh = applyOperations(image, some);
      const out = noise(19, 23, 99);
      expect(applyOperations(image, some, { workspace, out })).toBe(out);
      expect(out).toEqual(fresh);
      expect(image).toEqual(noise(19, 23, count));
      expect(applyOperations(image, some, { workspace, out: image })).toBe(image);
      expect(image).toEqual(fresh);
    }
  });

  it('an empty pipeline copies', () => {
    const image = noise(4, 3);
    const result = augment(image, [], randomStream(0, 'x'));
    expect(result).toEqual(image);
    expect(result.data).not.toBe(image.data);
  });

  it('A11: strength 0 is the identity', () => {
    const image = noise(16, 16);
    const pipeline: Augmentation[] = [{ kind: 'colour-jitter', brightness: 0, contrast: 0, saturation: 0, hue: 0 }];
    for (let seed = 0; seed < 20; seed++) {
      expect(drawOperations(pipeline, randomStream(seed, 'x'))).toEqual([]);
      expect(augment(image, pipeline, randomStream(seed, 'x'))).toEqual(image);
    }
  });
});

describe('what is drawn', () => {
  it('A08: blurs by default with sigma from U(0.1, 2)', () => {
    const sigmas = drawn('gaussian-blur', [{ kind: 'gaussian-blur', p: 1 }], 20_000).map(({ sigma }) => sigma);
    expect(sigmas).toHaveLength(20_000);
    expect(Math.min(...sigmas)).toBeGreaterThanOrEqual(0.1);
    expect(Math.min(...sigmas)).toBeLessThan(0.101);
    expect(Math.max(...sigmas)).toBeLessThan(2);
    expect(Math.max(...sigmas)).toBeGreaterThan(1.999);
    const mean = sigmas.reduce((sum, sigma) => sum + sigma, 0) / sigmas.length;
    expect(Math.abs(mean - 1.05)).toBeLessThan(4 * (1.9 / Math.sqrt(12 * sigmas.length)));
  });

  it('factors lie where torchvision has them', () => {
    const jitter: Augmentation[] = [
      { kind: 'colour-jitter', brightness: 0.4, contrast: 1.5, saturation: [0.9, 3], hue: 0.1 },
    ];
    const bounds = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
    const near = (values: readonly number[], low: number, high: number) => {
      const [lowest, highest] = bounds(values) as [number, number];
      const slack = (high - low) / 500;
      expect(lowest >= low && lowest < low + slack && highest <= high && highest > high - slack).toBe(true);
    };
    near(
      drawn('brightness', jitter, 10_000).map(({ factor }) => factor),
      0.6,
      1.4,
    );
    near(
      drawn('contrast', jitter, 10_000).map(({ factor }) => factor),
      0,
      2.5,
    );
    near(
      drawn('saturation', jitter, 10_000).map(({ factor }) => factor),
      0.9,
      3,
    );
    near(
      drawn('hue', jitter, 10_000).map(({ turn }) => turn),
      -0.1,
      0.1,
    );
  });

  it('all 24 orders of the jitter are equally likely', () => {
    const pipeline = new Pipeline([
      { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    ]);
    const random = randomStream(9, 'orders');
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 24_000; draw++) {
      const order = pipeline
        .draw(random)
        .map(({ kind }) => kind)
        .join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // The 99.9 % point of chi-square with 23 degrees of freedom.
    expect(chiSquare).toBeLessThan(49.73);
  });

  it('each augmentation happens with its probability, independently', () => {
    const draws = 20_000;
    const pipeline = new Pipeline(simclr);
    const random = randomStream(3, 'p');
    const kinds = Array.from({ length: draws }, () => new Set(pipeline.draw(random).map(({ kind }) => kind)));
    const share = (test: (set: Set<Operation['kind']>) => boolean) => kinds.filter(test).length / draws;
    const near = (got: number, p: number) => {
      expect(Math.abs(got - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
    };
    near(
      share((set) => set.has('horizontal-flip')),
      0.5,
    );
    near(
      share((set) => set.has('hue')),
      0.8,
    );
    near(
      share((set) => set.has('grayscale')),
      0.2,
    );
    near(
      share((set) => set.has('gaussian-blur')),
      0.5,
    );
    near(
      share((set) => set.has('solarize')),
      0.2,
    );
    near(
      share((set) => set.has('grayscale') && set.has('solarize')),
      0.04,
    );
    near(
      share((set) => set.has('horizontal-flip') && set.has('gaussian-blur')),
      0.25,
    );
  });

  it('p 0 never and p 1 always', () => {
    expect(drawn('grayscale', [{ kind: 'grayscale', p: 0 }], 500)).toHaveLength(0);
    expect(drawn('grayscale', [{ kind: 'grayscale', p: 1 }], 500)).toHaveLength(500);
  });

  it('keeps the options of every kind', () => {
    const pipeline: Augmentation[] = [
      { kind: 'vertical-flip', p: 1 },
      { kind: 'gaussian-blur', sigma: [1, 1], kernelSize: 7, p: 1 },
      { kind: 'gaussian-blur', sigma: [0.5, 0.5], method: 'pillow', p: 1 },
      { kind: 'solarize', threshold: 99, p: 1 },
      { kind: 'posterize', bits: 3, p: 1 },
      { kind: 'equalize', p: 1 },
      { kind: 'autocontrast', p: 1 },
      { kind: 'rotation', degrees: [15, 15], filter: 'bilinear', fill: 7 },
    ];
    expect(drawOperations(pipeline, randomStream(0, 'x'))).toEqual([
      { kind: 'vertical-flip' },
      { kind: 'gaussian-blur', sigma: 1, kernelSize: 7 },
      { kind: 'box-blur', radius: 0.5 },
      { kind: 'solarize', threshold: 99 },
      { kind: 'posterize', bits: 3 },
      { kind: 'equalize' },
      { kind: 'autocontrast' },
      { kind: 'rotate', degrees: 15, filter: 'bilinear', fill: 7 },
    ]);
  });

  it('survives the way to a worker thread', () => {
    const cloned = structuredClone(simclr);
    expect(drawOperations(cloned, randomStream(2, 'x'))).toEqual(drawOperations(simclr, randomStream(2, 'x')));
  });
});

describe('bad pipelines', () => {
  it.each([
    ['grayscale', /NOT_A_LIST/],
    [[{ kind: 'color-jitter' }], /UNKNOWN_KIND.*"color-jitter".*Did you mean colour-jitter/],
    [[{ kind: 'flip' }], /UNKNOWN_KIND/],
    [[{}], /UNKNOWN_KIND.*undefined/],
    [['grayscale'], /BAD_VALUE.*object/],
    [[{ kind: 'grayscale' }, { kind: 'grayscale', prob: 0.5 }], /UNKNOWN_OPTION.*grayscale only p.*views\.a\[1\]/],
    [[{ kind: 'colour-jitter', brightnes: 0.5 }], /UNKNOWN_OPTION.*Did you mean brightness/],
    [[{ kind: 'grayscale', p: 1.5 }], /BAD_VALUE.*from 0 to 1.*views\.a\[0\]\.p/],
    [[{ kind: 'grayscale', p: '0.5' }], /BAD_VALUE/],
    [[{ kind: 'colour-jitter', hue: 0.6 }], /BAD_VALUE.*0\.5/],
    [[{ kind: 'colour-jitter', hue: [-0.7, 0] }], /BAD_VALUE/],
    [[{ kind: 'colour-jitter', brightness: -0.1 }], /BAD_VALUE/],
    [[{ kind: 'colour-jitter', brightness: [1, 0.5] }], /BAD_VALUE.*low not above high/],
    [[{ kind: 'gaussian-blur', sigma: [0, 1] }], /BAD_VALUE.*positive/],
    [[{ kind: 'gaussian-blur', sigma: 1 }], /BAD_VALUE/],
    [[{ kind: 'gaussian-blur', kernelSize: 4 }], /BAD_VALUE.*odd/],
    [[{ kind: 'gaussian-blur', method: 'pilow' }], /BAD_VALUE.*Did you mean pillow/],
    [[{ kind: 'gaussian-blur', method: 'pillow', kernelSize: 5 }], /BAD_VALUE.*no kernel size/],
    [[{ kind: 'posterize' }], /MISSING_OPTION.*bits/],
    [[{ kind: 'posterize', bits: 9 }], /BAD_VALUE/],
    [[{ kind: 'rotation', degrees: Number.NaN }], /BAD_VALUE/],
  ])('%j', (pipeline, message) => {
    expect(() => checkAugmentations(pipeline, 'views.a')).toThrow(message);
    expect(() => checkAugmentations(pipeline, 'views.a')).toThrow(/views\.a/);
  });

  it('are refused when augmenting, too', () => {
    const pipeline = [{ kind: 'greyscale' }] as unknown as Augmentation[];
    expect(() => augment(noise(2, 2), pipeline, randomStream(0, 'x'))).toThrow(/Did you mean grayscale/);
  });
});

describe('properties', () => {
  it('hold for any size and pipeline', () => {
    const augmentation = fc.constantFrom<Augmentation>(
      ...simclr,
      { kind: 'gaussian-blur', method: 'pillow', p: 1 },
      { kind: 'equalize' },
      { kind: 'autocontrast' },
      { kind: 'posterize', bits: 3 },
      { kind: 'rotation', degrees: 40 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(augmentation, { maxLength: 6 }),
        fc.integer({ min: 0, max: 1000 }),
        (width, height, pipeline, seed) => {
          const image = noise(width, height, seed);
          const result = augment(image, pipeline, randomStream(seed, 'x'));
          expect([result.width, result.height, result.data.length]).toEqual([width, height, width * height * 3]);
          // A grey picture stays grey under everything that treats channels alike.
          const grey = applyOperations(image, [{ kind: 'grayscale' }]);
          const augmentedGrey = augment(grey, pipeline, randomStream(seed, 'x')).data;
          expect(augmentedGrey.every((value, i) => value === augmentedGrey[i - (i % 3)])).toBe(true);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
