import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene as runIn } from './command-line.ts';
import { tinyConfig } from './tiny-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sslScene = (...args: string[]) => runIn(folder, ...args);

const TINY = {
  training: { epochs: 2, batchSize: 16, workers: 1, keepBest: { metric: 'knn' } },
  evaluation: { neighbours: 5, everyEpochs: 1 },
};

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe('ssl-scene pretrain and eval', { timeout: 120_000 }, () => {
  it('trains, stops nowhere, evaluates, and refuses to train into the same folder', () => {
    const config = file('tiny.yaml', tinyConfig(TINY));
    const trained = sslScene('pretrain', config, '--out', 'run', '--json', '--quiet');
    expect(trained.errors).not.toMatch(/error/i);
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.output)).toMatchObject({ run: 'run', completed: true, step: 6 });
    expect(readFileSync(join(folder, 'run/config.yaml'), 'utf8')).toMatch(/batchSize: 16/);

    const evaluated = sslScene('eval', 'run', '--json');
    expect(evaluated.code).toBe(0);
    const { results } = JSON.parse(evaluated.output) as { results: { knn: number; linear: number }[] };
    expect(results).toHaveLength(2);
    for (const { knn, linear } of results)
      expect([knn, linear].every((value) => value >= 0 && value <= 100)).toBe(true);

    const again = sslScene('pretrain', config, '--out', 'run');
    expect([again.code, again.errors]).toEqual([1, expect.stringMatching(/RUN_EXISTS.*--resume/)]);
  });

  it('predicts what a run needs', () => {
    const config = file('tiny.yaml', tinyConfig(TINY));
    const { code, output } = sslScene('budget', config, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ steps: 6, fits: true });
    const late = sslScene('budget', config, '--hours', '0.000001');
    expect([late.code, late.output]).toEqual([1, expect.stringMatching(/memory .*MB/)]);
  });

  it('trains another framework from its section', () => {
    const framework = { kind: 'moco', queueLength: 32, dimension: 8, splits: 2 };
    const config = file('moco.yaml', tinyConfig({ ...TINY, framework }));
    const { code, output } = sslScene('pretrain', config, '--out', 'moco', '--json', '--quiet');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ completed: true });
  });
});

describe('bad input is named, and nothing is written', { timeout: 120_000 }, () => {
  const RECORD = 3073;

  beforeAll(() => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'cut'));
    writeFileSync(join(folder, 'cut/data_batch_1.bin'), Buffer.alloc(2.5 * RECORD));
    writeFileSync(join(folder, 'cut/test_batch.bin'), Buffer.alloc(RECORD));
    mkdirSync(join(folder, 'few'));
    writeFileSync(join(folder, 'few/data_batch_1.bin'), Buffer.alloc(8 * RECORD));
    writeFileSync(join(folder, 'few/test_batch.bin'), Buffer.alloc(RECORD));
  });

  it.each([
    ['no folder given', [], /DATA_MISSING.*--data/],
    ['a folder that is not there', ['--data', 'nowhere'], /DATA_NOT_FOUND.*nowhere/],
    ['an empty folder', ['--data', 'empty'], /DATA_EMPTY.*empty folder/],
    ['a truncated file', ['--data', 'cut'], /TRUNCATED_RECORD.*record 2 .*data_batch_1\.bin/],
    ['a batch larger than the data', ['--data', 'few'], /BATCH_TOO_LARGE.*training\.batchSize=8/],
    ['an unknown key', ['--data', 'few', '--set', 'training.epoch=3'], /UNKNOWN_KEY.*Did you mean "epochs"/],
    ['a wrong value', ['--data', 'few', '--set', 'training.epochs=many'], /CONFIG_VALUE.*training\.epochs/],
  ])('%s', (_, options, message) => {
    const { code, output, errors } = sslScene('pretrain', 'simclr-cifar10', '--out', 'bad', ...options);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(output).toBe('');
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  it('an unknown preset', () => {
    const { code, errors } = sslScene('pretrain', 'simclr-cifar11');
    expect([code, errors]).toEqual([1, expect.stringMatching(/UNKNOWN_PRESET.*Did you mean "simclr-cifar10"/)]);
  });

  it('a loss that is not finite: the run ends and the first tensor is named', () => {
    const config = file('tiny.yaml', tinyConfig(TINY));
    const { code, errors } = sslScene(
      'pretrain',
      config,
      '--out',
      'nan',
      '--set',
      'optimiser.learningRate=1e30',
      '--set',
      'training.epochs=6',
    );
    expect(code).toBe(1);
    expect(errors).toMatch(/NON_FINITE.*the first tensor that is not finite: .*Lower `learningRate`/);
    expect(existsSync(join(folder, 'nan/non-finite.json'))).toBe(true);
  });
});
