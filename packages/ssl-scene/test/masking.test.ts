import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Masker } from '@ssl-scene/masking';
import { type Tensor, type TensorDict, tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import {
  type Config,
  makeFramework,
  makeMasking,
  makePairs,
  makeViewPlan,
  maskLayout,
  override,
  parseConfig,
  readConfigFile,
} from 'ssl-scene';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene as runIn } from './command-line.ts';

const [backend] = await availableBackends(useBackend);
const MOCO = 'framework={kind: moco, queueLength: 32, dimension: 8, splits: 2}';

const config = (...settings: string[]): Config =>
  parseConfig(['backbone.width=4', ...settings].reduce(override, readConfigFile('testbed')), 'test');

describe('views and pairs of masks', () => {
  const BYOL = 'framework={kind: byol}';
  const SIMSIAM = 'framework={kind: simsiam}';
  const layout = (...settings: string[]) => {
    const made = config(...settings);
    const { plan, pairs } = maskLayout(made)!;
    const masks = Object.entries(plan).map(([name, { from, mask }]) => `${name}: ${mask} of ${from}`);
    return { masks, pairs: pairs.map(({ a, b, hardNegative }) => [a, b, hardNegative]), made };
  };

  it.each([
    ['query', ['a: positive of a', 'b: none of b']],
    ['key', ['a: none of a', 'b: positive of b']],
    ['both', ['a: positive of a', 'b: positive of b']],
  ])('one direction, branch %s', (branch, masks) => {
    for (const framework of [[], [MOCO]]) {
      const found = layout(...framework, `masking={kind: patches, branch: ${branch}}`);
      expect(found.masks).toEqual(masks);
      expect(found.pairs).toEqual([['a', 'b', undefined]]);
    }
  });

  it('a hard negative is made of the key, which is not masked', () => {
    const { masks, pairs } = layout('masking={kind: patches, hardNegatives: true}');
    expect(masks).toEqual(['a: positive of a', 'b: none of b', 'negative: negative of b']);
    expect(pairs).toEqual([['a', 'b', 'negative']]);
  });

  it.each([
    ['byol', BYOL],
    ['simsiam', SIMSIAM],
  ])('%s: masked copies of both views predict the other view as it is', (_, framework) => {
    const { masks, pairs, made } = layout(framework, 'masking={kind: patches}');
    expect(masks).toEqual(['masked-a: positive of a', 'masked-b: positive of b']);
    expect(pairs).toEqual([
      ['masked-a', 'b', undefined],
      ['masked-b', 'a', undefined],
    ]);
    const pair = [{ role: 'global', a: 'a', b: 'b' }];
    const plain = makeFramework(config(framework)).collapsedLoss(pair, 8);
    expect(makeFramework(made).collapsedLoss(makePairs(made), 8)).toBe(plain);
    expect(layout(framework, 'masking={kind: patches, branch: key}').pairs).toEqual([
      ['a', 'masked-b', undefined],
      ['b', 'masked-a', undefined],
    ]);
    expect(layout(framework, 'masking={kind: mscn}').pairs).toEqual([['a', 'b', undefined]]);
  });

  it('symmetric MoCo: each direction has a hard negative of its own key', () => {
    const symmetric = 'framework={kind: moco, queueLength: 32, symmetric: true}';
    expect(layout(symmetric, 'masking={kind: patches, hardNegatives: true}').pairs).toEqual([
      ['masked-a', 'b', 'negative-b'],
      ['masked-b', 'a', 'negative-a'],
    ]);
  });
});

describe('masks beside pairs of salient views', () => {
  const SALIENT = 'views.salient={count: 1, size: 16, crop: {kind: saliency}}';

  it('hide parts of the large views only, and frameworks of one direction get both of the salient pairs', () => {
    const pairsOf = (framework: string): string[] => {
      const made = config(framework, SALIENT, 'masking={kind: patches}');
      return makePairs(made).map(({ role, a, b }) => `${role}: ${a} ${b}`);
    };
    expect(pairsOf(MOCO)).toEqual(['global: a b', 'salient: salient0a salient0b']);
    expect(pairsOf('framework={kind: byol}')).toEqual([
      'global: masked-a b',
      'global: masked-b a',
      'salient: salient0a salient0b',
      'salient: salient0b salient0a',
    ]);
  });
});

describe('maskers of configurations', () => {
  beforeAll(async () => {
    await useBackend({ backend: backend! });
  });

  /** The views of four random images, masked. */
  const masked = (settings: string[], images = 4): { views: TensorDict; before: TensorDict; salient: TensorDict } => {
    const made = config('views.size=28', ...settings);
    const masker = makeMasking(made)!.masker as Masker;
    const names = makeViewPlan(made).views.map(({ name }) => name);
    const sizes = Object.fromEntries(names.map((name) => [name, [28, 28] as const]));
    const drawn = masker.noise({
      seed: 0,
      epoch: 0,
      step: 0,
      indices: Array.from({ length: images }, (_, i) => i),
      sizes,
    });
    const noise = Object.fromEntries(
      Object.entries(drawn).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    );
    const random = (side: number, depth: number[], seed: number): Tensor =>
      tf.randomUniform([images, side, side, ...depth], 0, 1, 'float32', seed);
    const before = { a: random(28, [3], 1), b: random(28, [3], 2) };
    const { views, salient } = masker.apply(before, { a: random(7, [], 3), b: random(7, [], 4) }, noise);
    return { views, before, salient };
  };
  const NEGATIVE = 'masking={kind: patches, strategy: {kind: mean}, hardNegatives: true}';

  it('rho and the denominator reach the loss', () => {
    const collapsed = (...settings: string[]) => {
      const made = config(MOCO, NEGATIVE, ...settings);
      return makeFramework(made).collapsedLoss(makePairs(made), 8);
    };
    expect(collapsed()).toBeCloseTo(Math.log(1 + 32 + Math.exp(1 / 0.2)), 6);
    expect(collapsed('masking.rho=1')).toBeCloseTo(Math.log(1 + 32 + 1), 6);
    expect(collapsed('masking.rho=1', 'masking.positiveInDenominator=false')).toBeCloseTo(Math.log(32 + 1), 6);
  });

  it('compat.sharedNegativeBug gives all images the first one’s negative', () => {
    const spread = (...settings: string[]): number => {
      const { views } = masked([NEGATIVE, ...settings]);
      const [first, ...others] = tf.split(views.negative!, 4);
      return Math.max(...others.map((other) => tf.max(tf.abs(tf.sub(other, first!))).dataSync()[0]!));
    };
    expect(spread()).toBeGreaterThan(0.1);
    expect(spread('masking.compat={sharedNegativeBug: true}')).toBe(0);
  });

  it('compat.rowSortBug moves salient patches to the right', () => {
    const { salient } = masked([NEGATIVE, 'masking.compat={rowSortBug: true}']);
    const rows = [...salient.a!.dataSync()];
    for (let at = 0; at < rows.length; at += 7) {
      const row = rows.slice(at, at + 7);
      expect(row).toEqual([...row].sort((left, right) => left - right));
    }
    const right = masked([NEGATIVE]).salient.a!.dataSync();
    expect([...right]).not.toEqual(rows);
  });

  it('the defaults differ for true masks: a quarter of a patch makes it salient', () => {
    const salientShare = (saliency: string): number =>
      tf.mean(masked([`masking={kind: patches, saliency: {kind: ${saliency}}}`]).salient.a!).dataSync()[0]!;
    // Even numbers from 0 to 1.
    expect(salientShare('object-masks')).toBeCloseTo(0.75, 1);
    expect(salientShare('online')).toBeCloseTo((1 + 0.6 / Math.sqrt(3)) / 2, 1);
  });

  it.each([
    ['block', 'masking={kind: block, branch: both, area: [0.2, 0.2], fill: {kind: zero}}', 0.2],
    ['cut-out', 'masking={kind: cut-out, side: 1, branch: both}', 1],
  ])('%s has its options', (_, settings, most) => {
    const { views } = masked([settings]);
    const hidden = tf.mean(tf.cast(tf.equal(views.a!, 0), 'float32')).dataSync()[0]!;
    expect(hidden).toBeGreaterThan(0.15);
    expect(hidden).toBeLessThanOrEqual(most + 0.02);
  });
});

describe('masks that cannot work are named', () => {
  it.each<[string, string[], RegExp]>([
    [
      'hard negatives in BYOL',
      ['framework={kind: byol}', 'masking={kind: patches, hardNegatives: true}'],
      /simclr or moco, found byol.*hardNegatives=false/,
    ],
    ['SwAV', ['framework={kind: swav}', 'masking={kind: mscn}'], /compares two views.*swav/],
    [
      'small views',
      ['views.small={count: 2, size: 16, crop: {kind: random-resized}, augmentations: []}', 'masking={kind: block}'],
      /small views/,
    ],
    [
      'heat maps without regions',
      ['masking={kind: patches, saliency: {kind: heat-maps}}'],
      /MASKING_MISFIT.*section regions.*Add for example regions/,
    ],
    [
      'an average of SimCLR',
      ['masking={kind: patches, saliency: {kind: average}}'],
      /moco, densecl, byol, found simclr/,
    ],
    [
      'saliency of uniform patches',
      ['masking={kind: patches, selection: uniform, saliency: {kind: online}}'],
      /found online/,
    ],
    ['a grid finer than the pixels', ['masking={kind: mscn, grid: 64}'], /at most 32.*masking\.grid/],
    [
      'a file that is not there',
      ['masking={kind: patches, saliency: {kind: network, file: none.safetensors}}'],
      /none\.safetensors/,
    ],
  ])('%s', (_, settings, message) => {
    expect(() => makeMasking(config(...settings))).toThrow(message);
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown key',
      'masking={kind: patches, stratgy: {kind: mean}}',
      /UNKNOWN_KEY.*"stratgy".*Did you mean "strategy"/,
    ],
    ['an unknown kind', 'masking={kind: patch}', /CONFIG_VALUE.*masking\.kind/],
    [
      'a share above 1',
      'masking={kind: patches, positiveRatio: [0.1, 1.5]}',
      /shares from 0 to 1.*masking\.positiveRatio/,
    ],
    ['a range the wrong way round', 'masking={kind: block, area: [0.5, 0.1]}', /must not exceed.*masking\.area/],
    ['an even kernel', 'masking={kind: patches, strategy: {kind: blur, kernel: 4}}', /odd.*masking\.strategy\.kernel/],
    ['a rho of 0', 'masking={kind: patches, rho: 0}', /masking\.rho/],
  ])('%s', (_, setting, message) => {
    expect(() => config(setting)).toThrow(message);
  });
});

describe('ssl-scene with masks', { timeout: 240_000 }, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssl-scene-masks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const sslScene = (...args: string[]) => runIn(folder, ...args);
  const TINY = ['data.images=48', 'data.bankImages=40', 'data.testImages=20', 'data.size=24', 'data.classes=2'].concat([
    'backbone.width=4',
    'views.size=16',
    'training.epochs=2',
    'training.batchSize=16',
    'evaluation={neighbours: 5, everyEpochs: 2}',
  ]);
  const settings = (...more: string[]): string[] => [...TINY, ...more].flatMap((setting) => ['--set', setting]);

  it('trains high-passed, carries the filter into eval, and never evaluates raw', () => {
    const masks = 'masking={kind: patches, saliency: {kind: object-masks}, hardNegatives: true}';
    const trained = sslScene('pretrain', 'testbed', '--out', 'run', '--quiet', '--json', ...settings(masks));
    expect([trained.code, trained.errors]).toEqual([0, expect.not.stringMatching(/error/i)]);
    const { metrics } = JSON.parse(trained.output) as { metrics: Record<string, number> };
    expect(metrics['masked.a']).toBeGreaterThan(0);
    expect(metrics['masked.negative']).toBeGreaterThan(0);
    expect(metrics['salient.b']).toBeGreaterThan(0);

    const evaluated = sslScene('eval', 'run', '--json');
    expect([evaluated.code, evaluated.errors]).toEqual([0, expect.not.stringMatching(/error/i)]);

    const path = join(folder, 'run/config.yaml');
    const text = readFileSync(path, 'utf8');
    const raw = text.replace(/^masking:\n(?: .*\n)*/m, '');
    expect(raw).not.toBe(text);
    writeFileSync(path, raw);
    const refused = sslScene('eval', 'run');
    expect([refused.code, refused.errors]).toEqual([1, expect.stringMatching(/INPUT_FILTER_MISSING.*high-pass/)]);
  });

  it('says before anything is written what does not fit', () => {
    const masks = ['framework={kind: simsiam}', 'masking={kind: patches, hardNegatives: true}'];
    const { code, errors } = sslScene('pretrain', 'testbed', '--out', 'bad', ...settings(...masks));
    expect([code, errors]).toEqual([1, expect.stringMatching(/MASKING_MISFIT.*simclr or moco, found simsiam/)]);
  });
});
