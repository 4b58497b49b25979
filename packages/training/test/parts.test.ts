import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duration, learningRateAt, openMetricsLog, openProgress, type ProgressState } from '@ssl-scene/training';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('learning rate', () => {
  const run = { learningRate: 0.5, epochs: 500, stepsPerEpoch: 10 };

  it('has the values of the ContrastiveCrop schedule, constant within an epoch', () => {
    const at = (epoch: number): number => learningRateAt({ kind: 'contrastive-crop-cosine' }, (epoch - 1) * 10, run);
    expect(at(1)).toBeCloseTo(0.5, 10);
    expect(at(101)).toBeCloseTo(0.457029, 6);
    expect(at(251)).toBeCloseTo(0.275, 10);
    expect(at(500)).toBeCloseTo(0.050004, 6);
    expect(learningRateAt({ kind: 'contrastive-crop-cosine' }, 1009, run)).toBe(at(101));
  });

  it('O04: is a function of the step alone', () => {
    const schedule = { kind: 'step-cosine', warmupEpochs: 10 } as const;
    const inOrder = Array.from({ length: 200 }, (_, step) => learningRateAt(schedule, step, run));
    const backwards = Array.from({ length: 200 }, (_, i) => learningRateAt(schedule, 199 - i, run)).reverse();
    expect(backwards).toEqual(inOrder);
    expect(inOrder[0]).toBe(0);
    expect(inOrder[100]).toBeCloseTo(0.5, 10);
  });

  it.each([
    [{ kind: 'constant' } as const, 4999, 0.5],
    [{ kind: 'epoch-cosine' } as const, 2500, 0.25],
    [{ kind: 'step-cosine', decayRate: 0.1 } as const, 2500, 0.275],
    [{ kind: 'multi-step', milestones: [120, 160] } as const, 1300, 0.05],
    [{ kind: 'openselfsup-cosine', warmupEpochs: 4 } as const, 0, 0.5e-4],
  ])('%o', (schedule, step, want) => {
    expect(learningRateAt(schedule, step, run)).toBeCloseTo(want, 10);
  });

  it('names the schedules where it does not know one', () => {
    expect(() => learningRateAt({ kind: 'cosine' } as never, 0, run)).toThrow(/UNKNOWN_SCHEDULE.*epoch-cosine/);
  });
});

describe('metrics log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssl-scene-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('drops what a resumed run will write again, and a line that a kill cut short', () => {
    const path = join(folder, 'metrics.jsonl');
    const first = openMetricsLog(path, 0);
    for (const step of [1, 2, 3]) first.append({ kind: 'step', step, loss: step / 2 });
    writeFileSync(path, '{"kind":"step","ste', { flag: 'a' });
    openMetricsLog(path, 2).append({ kind: 'step', step: 3, loss: 1.5 });
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3]);
  });
});

describe('progress', () => {
  const state: ProgressState = {
    epoch: 1,
    epochs: 2,
    step: 5,
    totalSteps: 10,
    loss: 2.5,
    learningRate: 0.1,
    imagesPerSecond: 123.4,
    waitShare: 0.06,
    secondsLeft: 83,
  };
  function written(isTTY: boolean, states: readonly ProgressState[]): string {
    let text = '';
    const progress = openProgress({ isTTY, columns: 200, write: (part: string) => (text += part) });
    for (const next of states) progress.update(next);
    progress.say('a line');
    progress.close();
    return text;
  }

  it('is a plain line where there is no terminal', () => {
    expect(written(false, [state])).toBe(
      'epoch 1/2  step 5/10  loss 2.5000  lr 0.1  123 images/s  waiting for data 6 %  1 min 23 s left\na line\n',
    );
  });

  it('does not write a line for every step, but one for the last', () => {
    const steps = Array.from({ length: 10 }, (_, index) => ({ ...state, step: index + 1 }));
    expect(written(false, steps).match(/step \d+/g)).toEqual(['step 1', 'step 10']);
  });

  it('redraws a bar on a terminal, and no further than the width', () => {
    expect(written(true, [state])).toContain('\r\u001b[K[##########..........] epoch 1/2');
  });

  it.each([
    [45, '45 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 05 min'],
    [Number.NaN, '?'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});
