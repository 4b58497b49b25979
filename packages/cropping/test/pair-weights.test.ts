import { type PairScoreMode, pairScore, pairWeights, type WeightNormalisation } from '@ssl-scene/cropping';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { available } from './golden-crops.ts';

const NORMALISATIONS: readonly WeightNormalisation[] = ['image', 'batch', 'none'];

const weightsOf = (scores: readonly (readonly number[])[], normalise: WeightNormalisation, power: number): number[] => [
  ...pairWeights(scores.flat(), { pairs: scores[0]!.length, normalise, power }),
];

describe.skipIf(!available)('pair scores and weights equal the reference (needs shared/golden)', () => {
  it.each(casesOf('crops', 'sgclPairScore'))('$id', ({ args, expected, tol }) => {
    const options = { mode: args.mode as PairScoreMode, eps: args.eps };
    const scores = args.first.map((row: number[], image: number) =>
      row.map((score, pair) => pairScore(score, args.second[image][pair], options)),
    );
    expectClose(scores, expected, tol);
  });

  it.each(casesOf('crops', 'sgclWeights'))('$id', ({ args, expected, tol }) => {
    expectClose(weightsOf(args.scores, args.mode, args.b), expected.flat(), tol);
  });

  it.each(casesOf('losses', 'pairWeights'))('$id', ({ args, expected, tol }) => {
    for (const normalise of NORMALISATIONS) {
      expectClose(weightsOf(args.scores, normalise, args.b), expected[normalise].flat(), tol);
    }
  });
});

describe('pairScore', () => {
  it('gives the conformance vector of the specification', () => {
    expect(pairScore(0.25, 0.64)).toBeCloseTo(0.4, 12);
    expect(pairScore(0, 0.64)).toBe(0.05);
    expect(pairScore(1, 1)).toBe(1);
  });

  it('refuses a mode that there is not', () => {
    expect(() => pairScore(1, 1, { mode: 'geometrc' as PairScoreMode })).toThrow(/BAD_VALUE.*Did you mean geometric/);
  });
});

describe('pairWeights', () => {
  it('gives the conformance vectors of the specification', () => {
    expectClose(weightsOf([[0.3, 0.9, 0.6]], 'image', 1), [0.5, 1.5, 1], { abs: 1e-12 });
    const two = [
      [0.3, 0.9, 0.6],
      [0.2, 0.2, 0.2],
    ];
    expectClose(weightsOf(two, 'image', 1), [0.5, 1.5, 1, 1, 1, 1], { abs: 1e-12 });
    expectClose(weightsOf(two, 'batch', 1), [0.75, 2.25, 1.5, 0.5, 0.5, 0.5], { abs: 1e-12 });
  });

  it('keep the sum of factor times weight, and are exactly 1 for scores of 1 whatever the factors', () => {
    const factors = [0.2, 0.1, 0.3, 0.7];
    for (const normalise of ['image', 'batch'] as const) {
      const options = { pairs: 4, normalise, factors, unweighted: [3] };
      const weights = pairWeights([0.3, 0.9, 0.6, 0.2, 0.2, 0.4, 0.1, 1], options);
      const sum = weights.reduce((total, weight, place) => total + factors[place % 4]! * weight, 0);
      expect(sum).toBeCloseTo(2 * 1.3, 12);
      expect([weights[3], weights[7]]).toEqual([1, 1]);
      expect(weights[1]! / weights[0]!).toBeCloseTo(3, 12);
      expect([...pairWeights(new Float64Array(8).fill(1), options)]).toEqual(new Array(8).fill(1));
    }
  });

  it('are exactly 1 where all scores are 1, as before the first refresh', () => {
    for (const normalise of NORMALISATIONS) {
      for (const pairs of [1, 3, 7]) {
        const weights = pairWeights(new Float32Array(pairs * 512).fill(1), { pairs, normalise });
        expect(weights.every((weight) => weight === 1)).toBe(true);
      }
    }
  });

  it('by default moves weight within images, and over the batch where an image has one pair', () => {
    expect([...pairWeights([1, 3], { pairs: 2 })]).toEqual([0.5, 1.5]);
    expect([...pairWeights([1, 3], { pairs: 1 })]).toEqual([0.5, 1.5]);
    expect([...pairWeights([1, 3, 2, 2], { pairs: 2 })]).toEqual([0.5, 1.5, 1, 1]);
  });

  it('leaves pairs at 1 where asked, and shares the rest out among the others', () => {
    expect([...pairWeights([0.9, 1, 3, 0.1, 2, 2], { pairs: 3, unweighted: [0] })]).toEqual([1, 0.5, 1.5, 1, 1, 1]);
    expect([...pairWeights([0.9, 1, 0.1, 3], { pairs: 2, unweighted: [0], normalise: 'batch' })]).toEqual([
      1, 0.5, 1, 1.5,
    ]);
  });

  it('have a mean of 1, whatever the scores', () => {
    const scores = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(scores, fc.constantFrom(0, 0.5, 1, 2), (values, power) => {
        for (const normalise of ['image', 'batch'] as const) {
          const weights = pairWeights(values, { pairs: 3, normalise, power });
          expect(weights.reduce((sum, weight) => sum + weight, 0) / 12).toBeCloseTo(1, 12);
        }
      }),
      { seed: 1 },
    );
  });

  it('refuses scores that are not positive, and numbers of pairs that do not fit', () => {
    expect(() => pairWeights([1, 0], { pairs: 2 })).toThrow(/BAD_VALUE.*0 at place 1/);
    expect(() => pairWeights([1, Number.NaN], { pairs: 2 })).toThrow(/BAD_VALUE.*NaN/);
    expect(() => pairWeights([1, 1, 1], { pairs: 2 })).toThrow(/BAD_VALUE.*2, 3 scores/);
    expect(() => pairWeights([1], { pairs: 1, normalise: 'images' as 'image' })).toThrow(/Did you mean image/);
  });
});
