import {
  contrastiveCropCosine,
  emaCosine,
  epochCosine,
  linearRamp,
  multiStep,
  openSelfSupCosine,
  scaleLearningRate,
  stepCosine,
  warmedUp,
} from '@ssl-scene/nn';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const TOPICS = ['schedules', 'numerics-schedules'];

// biome-ignore lint/suspicious/noExplicitAny: the arguments of each schedule are its own
type Schedule = (position: number, options: any) => number;
const schedules: Record<string, Schedule> = {
  epochCosine,
  contrastiveCropCosine,
  multiStep,
  openSelfSupCosine,
  stepCosine,
  emaCosine,
};
const cases = Object.keys(schedules).flatMap((name) => casesOf(TOPICS, name));
const scalings = casesOf(TOPICS, 'scaleLearningRate');

describe.skipIf(cases.length === 0)('schedules against tables (needs shared/golden)', () => {
  it.each(cases)('$function: $id', ({ function: name, args, expected, tol }) => {
    const { at, lr, ...options } = args;
    const values = (at as number[]).map((position) => schedules[name]!(position, { learningRate: lr, ...options }));
    expectClose(values, expected.values, tol);
  });

  it.each(scalings)('$id', ({ args: { base, ...options }, expected, tol }) => {
    expectClose(scaleLearningRate(base, options), expected.value, tol);
  });
});

describe('faults', () => {
  it('O03: no jump at the end of the warm-up larger than a step of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2, max: 300 }), (warmupSteps, rest) => {
        const options = { learningRate: 0.7, steps: warmupSteps + rest, warmupSteps };
        const jump = Math.abs(stepCosine(warmupSteps, options) - stepCosine(warmupSteps - 1, options));
        expect(jump).toBeLessThanOrEqual(0.7 / warmupSteps + 1e-12);
        expect(stepCosine(warmupSteps, options)).toBe(0.7);
      }),
    );
  });

  it('O04: the first three epochs, and the third again after a restart', () => {
    const options = { learningRate: 0.5, epochs: 3 };
    const rates = [0, 1, 2].map((epoch) => epochCosine(epoch, options));
    expect(rates).toEqual([0.5, expect.closeTo(0.375, 12), expect.closeTo(0.125, 12)]);
    expect(epochCosine(2, options)).toBe(rates[2]);
  });

  it('O06: the peak is the given rate', () => {
    const options = { learningRate: 0.5, steps: 100, warmupSteps: 10 };
    const rates = Array.from({ length: 101 }, (_, step) => stepCosine(step, options));
    expect(Math.max(...rates)).toBe(0.5);
  });

  it('O03, O06: a warm-up put over any schedule starts where it should and meets it without a jump', () => {
    const schedules = [
      (epoch: number) => epochCosine(epoch, { learningRate: 0.5, epochs: 300 }),
      (epoch: number) => contrastiveCropCosine(epoch + 1, { learningRate: 0.5, epochs: 300 }),
      (epoch: number) => multiStep(epoch + 1, { learningRate: 0.5, milestones: [100, 200] }),
    ];
    for (const schedule of schedules) {
      const rate = warmedUp(schedule, { warmup: 20, start: 0.01 });
      expect(rate(0)).toBe(0.01);
      for (let epoch = 1; epoch <= 20; epoch++) {
        expect(rate(epoch) - rate(epoch - 1)).toBeCloseTo((schedule(20) - 0.01) / 20, 12);
      }
      for (const epoch of [20, 21, 150, 299, 400]) expect(rate(epoch)).toBe(schedule(epoch));
      expect(Math.max(...Array.from({ length: 300 }, (_, epoch) => rate(epoch)))).toBe(schedule(20));
      expect(warmedUp(schedule, { warmup: 0 })(0)).toBe(schedule(0));
    }
    expect(warmedUp(() => 0.5, { warmup: 10 })(10)).toBe(0.5);
  });

  it('O10: composed schedules give in the middle of the warm-up what they gave without a restart', () => {
    const make = () =>
      warmedUp((step) => stepCosine(step, { learningRate: 1, steps: 100, end: 0.1 }), { warmup: 10, start: 0.2 });
    const uninterrupted = make();
    for (let step = 0; step < 5; step++) uninterrupted(step);
    expect(Array.from({ length: 10 }, (_, step) => make()(step + 5))).toEqual(
      Array.from({ length: 10 }, (_, step) => uninterrupted(step + 5)),
    );
  });

  it('a cosine may start and end at rates other than 0, as SwAV’s and DINO’s do', () => {
    const options = { learningRate: 0.6, steps: 110, warmupSteps: 10, start: 0.1, end: 0.0006 };
    expect(stepCosine(0, options)).toBe(0.1);
    expect(stepCosine(5, options)).toBeCloseTo(0.35, 12);
    expect(stepCosine(10, options)).toBe(0.6);
    expect(stepCosine(60, options)).toBeCloseTo((0.6 + 0.0006) / 2, 12);
    expect(stepCosine(110, options)).toBe(0.0006);
    expect(stepCosine(1000, options)).toBe(0.0006);
  });

  it('E04: a ramp of length 0 is its end', () => {
    expect(linearRamp(0, { start: 0.04, end: 0.07, length: 0 })).toBe(0.07);
    expect(linearRamp(-3, { start: 0.04, end: 0.07, length: 2 })).toBe(0.04);
    expect(linearRamp(1, { start: 0.07, end: 0.04, length: 2 })).toBeCloseTo(0.055, 12);
    expect(emaCosine(0, { start: 0.99, steps: 1 })).toBe(0.99);
  });

  it('O07: after the end every schedule stays where it ended', () => {
    const learningRate = 0.5;
    for (const beyond of [100, 101, 150, 199, 200, 1000]) {
      expect(epochCosine(beyond, { learningRate, epochs: 100 })).toBe(0);
      expect(contrastiveCropCosine(beyond + 1, { learningRate, epochs: 100 })).toBeCloseTo(0.05, 15);
      expect(stepCosine(beyond, { learningRate, steps: 100, warmupSteps: 10 })).toBe(0);
      expect(openSelfSupCosine(beyond, { learningRate, epochs: 10, iterationsPerEpoch: 10 })).toBe(0);
      expect(emaCosine(beyond, { start: 0.99, steps: 100 })).toBe(1);
    }
  });

  it('before the start they stay where they start', () => {
    expect(epochCosine(-1, { learningRate: 0.5, epochs: 10 })).toBe(0.5);
    expect(stepCosine(-1, { learningRate: 0.5, steps: 10, warmupSteps: 2 })).toBe(0);
    expect(openSelfSupCosine(-3, { learningRate: 1, epochs: 10, warmupEpochs: 1, iterationsPerEpoch: 10 })).toBe(1e-4);
  });

  it('O09: counts accumulated batches and devices, once each', () => {
    expect(scaleLearningRate(0.3, { batch: 64, accumulate: 2, devices: 3 })).toBeCloseTo((0.3 * 384) / 256, 15);
    expect(scaleLearningRate(0.075, { batch: 64, accumulate: 2, devices: 2, rule: 'sqrt' })).toBeCloseTo(
      0.075 * 16,
      15,
    );
  });

  it('decay from the start to the end', () => {
    const options = { learningRate: 1, epochs: 50 };
    for (let epoch = 0; epoch < 50; epoch++) {
      expect(epochCosine(epoch + 1, options)).toBeLessThan(epochCosine(epoch, options));
    }
  });

  it('refuse what is no number or out of range', () => {
    expect(() => epochCosine(Number.NaN, { learningRate: 1, epochs: 10 })).toThrow(/position/);
    expect(() => epochCosine(0, { learningRate: -1, epochs: 10 })).toThrow(/learningRate/);
    expect(() => stepCosine(0, { learningRate: 1, steps: 10, warmupSteps: 11 })).toThrow(/warmupSteps in \[0, 10\]/);
    expect(() => emaCosine(0, { start: 1.5, steps: 10 })).toThrow(/start in \[0, 1\]/);
    expect(() => warmedUp(() => 1, { warmup: -1 })).toThrow(/warmup from 0|warmup in/);
    expect(() => linearRamp(0, { start: Number.NaN, end: 1, length: 2 })).toThrow(/start in/);
    expect(() => stepCosine(0, { learningRate: 1, steps: 10, end: -1 })).toThrow(/learningRate/);
  });
});
