import { collapseWatch, type WatchedStep } from '@ssl-scene/training';
import { describe, expect, it } from 'vitest';

const CONSTANT = Math.log(15);
const healthy = { loss: 1.2, featureStd: 0.9, gradientNorm: 1, parameterNorm: 20, predictorGradient: 0.1 };

/** Everything that a watch says over some steps. */
function said(
  steps: number,
  at: (step: number) => Partial<WatchedStep['metrics']> & { rank?: number; rateShare?: number },
): string[] {
  const watch = collapseWatch({ collapsedLoss: CONSTANT, parameterNorm: 20 });
  return Array.from({ length: steps }, (_, index) => {
    const { rank, rateShare = 1, ...metrics } = at(index + 1);
    const watched = { step: index + 1, metrics: { ...healthy, ...metrics }, rateShare };
    return watch.look(rank === undefined ? watched : { ...watched, rank });
  }).flat();
}

describe('collapse watch', () => {
  it('says nothing of a healthy network', () => {
    expect(said(500, (step) => ({ gradientNorm: 1 + (step % 7), ...(step % 25 === 0 && { rank: 12 }) }))).toEqual([]);
  });

  it.each([
    ['equal embeddings', { featureStd: 0.001 }, 20, /spread 0\.00100.*`learningRate`.*`framework`/],
    ['a loss at its constant', { loss: CONSTANT + 1e-4 }, 30, /the loss stays at 2\.71, .*`learningRate`.*`plan`/],
    ['a dead predictor', { predictorGradient: 0 }, 20, /predictor gets no gradient.*`framework`/],
    ['a low rank', { rank: 1.02 }, 12, /span 1\.02 directions \(RankMe\).*`source`/],
    ['exploded parameters', { parameterNorm: 201 }, 1, /grown from 20\.0 to 201.*`schedule`/],
  ])('names %s once, with the step and the options to turn', (_name, metrics, step, pattern) => {
    const sentences = said(200, () => metrics);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(pattern);
    expect(sentences[0]).toMatch(new RegExp(`^Step ${step}:`));
  });

  it('names a gradient that explodes from its usual length, not a single spike', () => {
    expect(said(100, (step) => ({ gradientNorm: step === 40 ? 1e5 : 1 }))).toEqual([]);
    const sentences = said(100, (step) => ({ gradientNorm: step < 40 ? 1 : 500 }));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^Step 42: the gradient's norm has grown to 500, .*`clipGradients`/);
  });

  it('does not judge a network while its rate warms up, nor in its first steps', () => {
    expect(said(300, () => ({ featureStd: 0.001, loss: CONSTANT, rateShare: 0.05 }))).toEqual([]);
    expect(said(10, () => ({ featureStd: 0.001, loss: CONSTANT }))).toEqual([]);
  });

  it('names each of several signs', () => {
    expect(said(60, () => ({ featureStd: 0, loss: CONSTANT, rank: 1 }))).toHaveLength(3);
  });

  it('starts to count again where a sign goes away', () => {
    expect(said(300, (step) => ({ loss: step % 20 === 0 ? 1 : CONSTANT }))).toEqual([]);
  });
});
