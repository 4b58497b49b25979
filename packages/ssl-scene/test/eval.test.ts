import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cifarResnet, resnet } from '@ssl-scene/backbones';
import type { ImageDataset, LabelledBox } from '@ssl-scene/datasets';
import { encodeVariables, initialise, prefixed, saveVariables } from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import { writeSafetensors } from '@ssl-scene/safetensors';
import { useBackend } from '@ssl-scene/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evalCommand } from '../src/commands/eval.ts';
import { evaluationSchema } from '../src/config/evaluation-schema.ts';
import { importNetwork } from '../src/imported-network.ts';
import { imageLabels } from '../src/item-labels.ts';
import { measureKnn } from '../src/measure-features.ts';
import { objectBoxes } from '../src/object-boxes.ts';
import { sslScene as runIn } from './command-line.ts';
import { tinyConfig } from './tiny-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-eval-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sslScene = (...args: string[]) => runIn(folder, ...args);

const TINY = tinyConfig({
  data: { images: 32, bankImages: 24, testImages: 12, size: 24, classes: 2 },
  training: { epochs: 1, batchSize: 16, workers: 1 },
  evaluation: { neighbours: 5, everyEpochs: 1, on: ['images', 'boxes'] },
});

const silent = { result: () => {}, log: () => {}, warn: () => {} };

interface Result {
  network: string;
  on: string;
  metric: string;
  chance: number;
  knn: number;
  linear: number;
  knnByK: { k: number; knn: number }[];
  knnMicro?: number;
  l2: number;
  rankMe: number;
  dimension: number;
}

const results = (output: string): Result[] => (JSON.parse(output) as { results: Result[] }).results;
const isShare = (value: number): boolean => value >= 0 && value <= 100;

function metrics(run: string): Record<string, number>[] {
  const lines = readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, number>);
}

describe('ssl-scene eval of a run on scenes', { timeout: 240_000 }, () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'tiny.yaml'), TINY);
    expect(sslScene('pretrain', 'tiny.yaml', '--out', 'run', '--quiet').code).toBe(0);
  }, 120_000);

  it('watched single objects and the boxes of scenes while it trained', () => {
    const evaluation = metrics('run').find((line) => 'knn' in line)!;
    expect([evaluation.knn!, evaluation['knn-boxes']!].every(isShare)).toBe(true);
  });

  it('judges images, boxes and crops, with several k and penalties, without labels too', () => {
    const { code, output } = sslScene(
      'eval',
      'run',
      '--on',
      'images,boxes,crops',
      '--set',
      'evaluation.neighbours=[3, 7]',
      '--set',
      'evaluation.l2=[1, 100]',
      '--json',
    );
    expect(code).toBe(0);
    const found = results(output);
    expect(found.map(({ network, on }) => `${network} ${on}`)).toEqual(
      ['images', 'boxes', 'crops'].flatMap((on) => [`untrained ${on}`, `step 2 ${on}`]),
    );
    for (const { metric, knn, linear, knnByK, l2, rankMe, dimension } of found) {
      expect(metric).toBe('accuracy');
      expect([knn, linear].every(isShare)).toBe(true);
      expect(knnByK.map(({ k }) => k)).toEqual([3, 7]);
      expect(knnByK[0]!.knn).toBe(knn);
      expect([1, 100]).toContain(l2);
      expect(rankMe).toBeGreaterThanOrEqual(1);
      expect(rankMe).toBeLessThanOrEqual(dimension);
    }
  });

  it.each([
    ['nothing to judge', undefined, {}, /OPTION.*a run folder, or --weights.*neither/],
    ['two things', 'run', { weights: 'w.safetensors' }, /OPTION.*a run folder, or --weights.*both/],
    ['weights without a backbone', undefined, { weights: 'w.safetensors', data: '.' }, /OPTION.*--backbone/],
    ['a setting that training used', 'run', { set: ['backbone.width=8'] }, /OPTION.*evaluation or data.*--set/],
    ['an unknown target', 'run', { on: 'box' }, /CONFIG_VALUE.*evaluation\.on/],
  ])('refuses %s', async (_, run, options, message) => {
    const where = run === undefined ? undefined : join(folder, run);
    await expect(evalCommand(where, options, silent)).rejects.toThrow(message);
  });

  it('refuses a stage that the backbone has not', () => {
    const { code, errors } = sslScene('eval', 'run', '--on', 'boxes', '--set', 'evaluation.boxes.stage=layer5');
    expect([code, errors]).toEqual([1, expect.stringMatching(/UNKNOWN_STAGE.*layer5/)]);
  });
});

/** A COCO folder of generated pictures; colours tell which classes they show. */
function writeCoco(root: string): void {
  const random = randomStream(1, 'coco');
  mkdirSync(join(root, 'annotations'), { recursive: true });
  for (const [split, count] of [
    ['train2017', 24],
    ['val2017', 12],
  ] as const) {
    mkdirSync(join(root, split));
    const images: object[] = [];
    const annotations: object[] = [];
    for (let id = 1; id <= count; id++) {
      const shown = [0, 1, 2].filter(() => random.bernoulli(0.5));
      const pixels = Buffer.alloc(20 * 16 * 3, 60);
      for (const channel of shown) {
        for (let i = 0; i < 80; i++) pixels[(i + 80 * channel) * 3 + channel] = 160 + random.integer(0, 90);
        const bbox = [0, 4 * channel, 20, 4];
        annotations.push({ image_id: id, category_id: 10 * channel + 1, bbox, iscrowd: id % 2, area: 80 });
      }
      writeFileSync(join(root, split, `${id}.ppm`), Buffer.concat([Buffer.from('P6 20 16 255\n'), pixels]));
      images.push({ id, file_name: `${id}.ppm`, width: 20, height: 16 });
    }
    const categories = [1, 11, 21].map((id) => ({ id, name: `class ${id}` }));
    const file = join(root, 'annotations', `instances_${split}.json`);
    writeFileSync(file, JSON.stringify({ images, annotations, categories }));
  }
}

describe('ssl-scene eval where images show several classes', { timeout: 240_000 }, () => {
  const COCO = `
extends: simclr-cifar10
data: { kind: coco, root: coco }
backbone: { width: 4 }
views: { size: 16 }
training: { epochs: 1, batchSize: 8, workers: 0, keepBest: { metric: knn } }
evaluation: { neighbours: 5, everyEpochs: 1 }
`;

  beforeAll(() => writeCoco(join(folder, 'coco')));

  it('reports mean average precision, in training and after, and accuracy on boxes', () => {
    writeFileSync(join(folder, 'coco.yaml'), COCO);
    expect(sslScene('pretrain', 'coco.yaml', '--out', 'scenes', '--quiet').errors).toBe('');
    expect(metrics('scenes').some(({ knn }) => knn !== undefined && isShare(knn))).toBe(true);
    const { output, errors } = sslScene('eval', 'scenes', '--on', 'images,boxes', '--json');
    expect(errors).not.toMatch(/error/i);
    const found = results(output);
    expect(found.map(({ on, metric }) => `${on} ${metric}`)).toEqual([
      'images mAP',
      'images mAP',
      'boxes accuracy',
      'boxes accuracy',
    ]);
    // The watch measures what `eval` measures.
    const watched = metrics('scenes').find(({ knn }) => knn !== undefined)!.knn;
    expect(found[1]!.knn).toBeCloseTo(watched!, 6);
    for (const { knn, linear, knnMicro = 0 } of found) expect([knn, linear, knnMicro].every(isShare)).toBe(true);
  });

  it('judges a network from a file of weights, without a run', async () => {
    await useBackend({ backend: 'cpu' });
    const backbone = cifarResnet({ depth: 20, width: 4 });
    await saveVariables(
      join(folder, 'w.safetensors'),
      prefixed('net', backbone),
      initialise(prefixed('net', backbone), 3),
    );
    const file = ['--weights', 'w.safetensors', '--prefix', 'net.', '--width', '4'];
    const args = ['eval', ...file, '--data', 'coco', '--set', 'size=16'];
    const { code, output } = sslScene(...args, '--backbone', 'cifar-resnet20');
    expect(code).toBe(0);
    expect(output).toMatch(
      /^network +on +measure +chance % +kNN % \(k 24\) +linear % +RankMe .*\n-.*\nuntrained +images +mAP/,
    );
    expect(output).toMatch(/\ncifar-resnet20 +images +mAP +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ of 16 /);
    const unknown = sslScene(...args, '--backbone', 'cifar-resnet2');
    expect([unknown.code, unknown.errors]).toEqual([1, expect.stringMatching(/UNKNOWN_BACKBONE.*Did you mean cifar-/)]);
  });
});

describe('a network from a file', () => {
  it('has the stem and prefix that are given, and the filter that the file names', async () => {
    await useBackend({ backend: 'cpu' });
    const plain = prefixed('backbone', resnet({ depth: 18, width: 4, stem: 'small' }));
    const weights = join(folder, 'filtered.safetensors');
    const stored = await encodeVariables(plain, initialise(plain, 3));
    writeSafetensors(weights, stored, {
      metadata: { input_filter: JSON.stringify({ kind: 'high-pass', kernel: 5, sigma: 2 }) },
    });
    const options = { weights, backbone: 'resnet18', width: 4, stem: 'small', prefix: 'backbone.' } as const;
    const { backbone, variables } = importNetwork(options);
    expect(backbone.inputFilter).toEqual({ kernel: 5, sigma: 2 });
    expect(Object.keys(variables.params)).toHaveLength(plain.parameters.length);
    expect(() => importNetwork({ ...options, prefix: '' })).toThrow(/PRETRAINED_MISMATCH.*backbone\./);
    for (const [name, value] of Object.entries({ '--width': 'wide', '--stem': 'large' })) {
      const given = { weights, backbone: 'resnet18', data: folder, [name.slice(2)]: value };
      await expect(evalCommand(undefined, given, silent)).rejects.toThrow(new RegExp(`OPTION.*${value}.*${name}`));
    }
  });
});

describe('chance', () => {
  it('is the share of the bank’s commonest class, or the mean share of the classes that occur', () => {
    const features = Float32Array.of(1, 0, 0, 1, 1, 1, 0, 2);
    const evaluation = evaluationSchema.parse({ neighbours: 2 });
    const one = (...labels: number[]) =>
      ({ features, dimension: 2, labels: { kind: 'one', classes: 3, labels: Int32Array.from(labels) } }) as const;
    expect(measureKnn(one(2, 2, 0, -1), one(2, 0, -1, 1), evaluation, () => {}).chance).toBeCloseTo(100 / 3);
    const several = (...labels: number[]) =>
      ({ features, dimension: 2, labels: { kind: 'several', classes: 2, labels: Int8Array.from(labels) } }) as const;
    const marks = several(1, 0, 0, 0, -1, 0, 1, 0);
    expect(measureKnn(marks, marks, evaluation, () => {}).chance).toBeCloseTo(200 / 3);
    expect(() => measureKnn(one(0, 1, 2, 0), marks, evaluation, () => {})).toThrow(/LABEL_KINDS/);
  });
});

describe('labels of images', () => {
  const box = (label: number, flags: Partial<LabelledBox> = {}): LabelledBox => ({
    x0: 0,
    y0: 0,
    x1: 1,
    y1: 1,
    label,
    ...flags,
  });
  const dataset = (boxes: readonly (readonly LabelledBox[])[]): ImageDataset => ({
    name: 'three classes',
    length: boxes.length,
    classNames: ['a', 'b', 'c'],
    source: { kind: 'plugin', module: 'none', options: {} },
    id: String,
    label: () => -1,
    boxes: (index) => boxes[index]!,
    pixels: () => ({ width: 1, height: 1, data: new Uint8Array(3) }),
  });

  it('are the classes of its objects: crowds count, difficult ones are not known, no object is no class', () => {
    const images = [
      [box(0), box(2, { crowd: true })],
      [box(1, { difficult: true }), box(0, { difficult: true }), box(0)],
      [],
    ];
    const { kind, classes, labels } = imageLabels(dataset(images));
    expect([kind, classes, [...labels]]).toEqual(['several', 3, [1, 0, 1, 1, -1, 0, 0, 0, 0]]);
  });

  it('objects to judge are neither crowds nor difficult nor more than asked for', () => {
    const images = [
      [box(0), box(1, { crowd: true })],
      [box(2, { difficult: true }), box(2), box(1)],
    ];
    const all = objectBoxes(dataset(images), 9);
    expect(all.map((item) => [item.image, item.box.label])).toEqual([
      [0, 0],
      [1, 2],
      [1, 1],
    ]);
    const some = objectBoxes(dataset(images), 2);
    expect(some).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining(some));
    expect(() => objectBoxes(dataset([[]]), 9)).toThrow(/NO_BOXES.*--on images/);
  });

  it('a set without labels is refused', () => {
    const { boxes: _, ...none } = dataset([[]]);
    expect(() => imageLabels(none)).toThrow(/NO_LABELS.*three classes/);
  });
});
