import type { ScalarMap } from '@ssl-scene/geometry';
import {
  aucJudd,
  corLoc,
  eMeasure,
  fMeasure,
  meanAbsoluteError,
  pointingGame,
  precisionRecall,
  rocAuc,
  SaliencyQuality,
  scanpathSaliency,
  sMeasure,
  weightedFMeasure,
} from '@ssl-scene/saliency';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const TOPIC = 'saliency-metrics';
const available = casesOf(TOPIC, 'fMeasure').length > 0;

const scalarMap = (rows: number[][]): ScalarMap => ({ width: rows[0]!.length, height: rows.length, data: rows.flat() });

/** A mask of the size of a map, 1 at the given places. */
const maskOf = ({ width, height }: ScalarMap, places: number[]): ScalarMap => {
  const data = new Uint8Array(width * height);
  for (const place of places) data[place] = 1;
  return { width, height, data };
};

const box = ([x0, y0, x1, y1]: [number, number, number, number]) => ({ x0, y0, x1, y1 });

describe.skipIf(!available)('saliency measures equal the reference (needs shared/golden)', () => {
  it.each(casesOf(TOPIC, 'meanAbsoluteError'))('$id', ({ args, expected, tol }) => {
    expectClose(meanAbsoluteError(args), expected, tol);
  });

  it.each(casesOf(TOPIC, 'fMeasure'))('$id', ({ args, expected, tol }) => {
    expectClose(fMeasure(args, { beta2: args.beta2 }), expected, tol);
  });

  it.each(casesOf(TOPIC, 'precisionRecall'))('$id', ({ args, expected, tol }) => {
    const { precision, recall } = precisionRecall(args);
    const at = (values: Float64Array): number[] => args.thresholds.map((threshold: number) => values[threshold]);
    expectClose({ precision: at(precision), recall: at(recall) }, { ...expected, f: null }, tol);
  });

  it.each(casesOf(TOPIC, 'weightedFMeasure'))('$id', ({ args, expected, tol }) => {
    expectClose(weightedFMeasure(args, { beta2: args.beta2 }), expected, tol);
  });

  it.each(casesOf(TOPIC, 'sMeasure'))('$id', ({ args, expected, tol }) => {
    expectClose(sMeasure(args, { alpha: args.alpha }), expected, tol);
  });

  it.each(casesOf(TOPIC, 'eMeasure'))('$id', ({ args, expected, tol }) => {
    expectClose(eMeasure(args), { ...expected, at128: null }, tol);
  });

  it.each(casesOf(TOPIC, 'rocAuc'))('$id', ({ args, expected, tol }) => {
    const map = scalarMap(args.map);
    expectClose(rocAuc(map, maskOf(map, args.fixations)), expected, tol);
  });

  it.each(casesOf(TOPIC, 'aucJudd'))('$id', ({ args, expected, tol }) => {
    const map = scalarMap(args.map);
    expectClose(aucJudd(map, maskOf(map, args.fixations)), expected, tol);
  });

  it.each(casesOf(TOPIC, 'nss'))('$id', ({ args, expected, tol }) => {
    const map = scalarMap(args.map);
    expectClose(scanpathSaliency(map, maskOf(map, args.fixations)), expected, tol);
  });

  it.each(casesOf(TOPIC, 'corLoc'))('$id', ({ args, expected, tol }) => {
    const truths = args.truths.map((boxes: [number, number, number, number][]) => boxes.map(box));
    expectClose(corLoc(args.predictions.map(box), truths), expected, tol);
  });

  it.each(casesOf(TOPIC, 'pointingGame'))('$id', ({ args, expected, tol }) => {
    const found = args.cases.map((item: { map: number[][]; truth: number[] }) => {
      const map = scalarMap(item.map);
      return pointingGame(map, maskOf(map, item.truth));
    });
    const share = (tolerance: number): number =>
      found.filter(({ distance }: { distance: number }) => distance <= tolerance).length / found.length;
    expectClose(
      found.map(({ x, y, distance }: { x: number; y: number; distance: number }) => ({
        point: [x, y],
        distance,
        hit0: distance <= 0,
        hit3: distance <= 3,
      })),
      expected.items,
      tol,
    );
    expectClose([share(0), share(3)], [expected.accuracy0, expected.accuracy3], tol);
  });

  it.each(casesOf(TOPIC, 'saliencyReport'))('$id', ({ args, expected, tol }) => {
    const quality = new SaliencyQuality();
    for (const item of args.items) quality.add(item);
    expectClose(quality.report(), expected, tol);
  });
});

describe('saliency measures', () => {
  const judged = (saliency: number[], truth: number[], width = saliency.length) => ({
    saliency: { width, height: saliency.length / width, data: saliency },
    truth: { width, height: truth.length / width, data: truth },
  });

  it('are best for a perfect map, and worst for its opposite', () => {
    const perfect = judged([255, 255, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], 3);
    const opposite = judged([0, 0, 255, 255, 255, 255], [1, 1, 0, 0, 0, 0], 3);
    expect(meanAbsoluteError(perfect)).toBe(0);
    expect(meanAbsoluteError(opposite)).toBe(1);
    expect(fMeasure(perfect).max).toBe(1);
    expect(sMeasure(perfect).s).toBeCloseTo(1, 10);
    expect(sMeasure(opposite).object).toBe(0);
    expect(weightedFMeasure(perfect)).toBeCloseTo(1, 10);
    expect(eMeasure(perfect).max).toBeCloseTo(6 / 5, 10);
    expect(rocAuc(perfect.saliency, perfect.truth)).toBe(1);
    expect(rocAuc(opposite.saliency, opposite.truth)).toBe(0);
  });

  it('E equals its definition pixel by pixel', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 12, maxLength: 12 });
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 12, maxLength: 12 });
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    fc.assert(
      fc.property(bytes, bits, (saliency, truth) => {
        if (mean(truth) === 0 || mean(truth) === 1) return;
        let best = 0;
        for (let threshold = 0; threshold < 256; threshold++) {
          const map = saliency.map((level) => (level >= threshold ? 1 : 0));
          const sum = map.reduce((total: number, value, pixel) => {
            const [x, y] = [value - mean(map), truth[pixel]! - mean(truth)];
            return total + ((2 * x * y) / (x * x + y * y + Number.EPSILON) + 1) ** 2 / 4;
          }, 0);
          best = Math.max(best, sum / 11);
        }
        expect(eMeasure(judged(saliency, truth, 4)).max).toBeCloseTo(best, 9);
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  it('refuse maps and truths of different sizes', () => {
    const three = { width: 3, height: 1, data: [1, 2, 3] };
    const two = { width: 2, height: 1, data: [0, 1] };
    expect(() => fMeasure({ saliency: three, truth: two })).toThrow(/SALIENCY_SHAPE.*3 x 1 with 3 values, and 2 x 1/);
    expect(() => meanAbsoluteError({ saliency: { ...three, data: [] }, truth: three })).toThrow(/SALIENCY_SHAPE/);
  });
});
