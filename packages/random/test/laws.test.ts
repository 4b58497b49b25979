import { type RandomStream, randomStream } from '@ssl-scene/random';
import { casesOf } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const TOPICS = ['random', 'numerics-random'];
const DRAWS = 100_000;
/** Kolmogorov-Smirnov distance that 100,000 draws exceed with probability 1e-4; scipy.stats.kstwo. */
const KS_CRITICAL = 0.007035165419230842;
/** Standard errors that a mean of draws strays with probability below 1e-5. */
const SIGMAS = 4.5;

const draw = (name: string, one: (stream: RandomStream) => number): Float64Array => {
  const stream = randomStream(20240611, 'laws', name);
  return Float64Array.from({ length: DRAWS }, () => one(stream));
};
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const shareBelow = (values: Float64Array, x: number): number =>
  values.reduce((count, value) => count + (value <= x ? 1 : 0), 0) / values.length;

interface Law {
  mean: number;
  variance: number;
  fourthCentralMoment?: number;
  excessKurtosis?: number;
  meanLog?: number;
  varianceLog?: number;
  quantiles?: { p: number; x: number }[];
  cdf?: { x: number; p: number }[];
  massBelow?: { x: number; p: number }[];
}

/** Moments within their standard errors, and the distribution function at every stated point within the KS band. */
function expectLaw(values: Float64Array, law: Law): void {
  expect(Math.abs(mean(values) - law.mean)).toBeLessThan(SIGMAS * Math.sqrt(law.variance / DRAWS));
  const fourth = law.fourthCentralMoment ?? ((law.excessKurtosis ?? 0) + 3) * law.variance ** 2;
  const varianceError = Math.sqrt((fourth - law.variance ** 2) / DRAWS);
  const squares = values.map((value) => (value - law.mean) ** 2);
  expect(Math.abs(mean(squares) - law.variance)).toBeLessThan(SIGMAS * varianceError);
  for (const { p, x } of [...(law.quantiles ?? []), ...(law.cdf ?? []), ...(law.massBelow ?? [])]) {
    // Quantiles that round to the end of the support hold more mass than p.
    if (x < 1 || law.mean !== 0.5) expect(Math.abs(shareBelow(values, x) - p)).toBeLessThan(KS_CRITICAL);
  }
}

const normalCases = casesOf(TOPICS, 'normal');
describe.skipIf(normalCases.length === 0)('normal (needs shared/golden)', () => {
  it.each(normalCases)('$id', ({ expected }) => {
    const values = draw('normal', (stream) => stream.normal());
    expectLaw(values, { ...expected, excessKurtosis: 0 });
    expect(mean(values.map(Math.abs))).toBeCloseTo(expected.absMean, 2);
  });
});

const gammaCases = [...casesOf(TOPICS, 'gamma'), ...casesOf(TOPICS, 'gammaLaw')];
describe.skipIf(gammaCases.length === 0)('gamma (needs shared/golden)', () => {
  it.each(gammaCases)('$id', ({ args, expected }) => {
    const values = draw(`gamma ${args.shape}`, (stream) => stream.gamma(args.shape));
    expectLaw(values, expected);
    const logs = draw(`gamma ${args.shape}`, (stream) => stream.logGamma(args.shape));
    expect(Math.abs(mean(logs) - expected.meanLog)).toBeLessThan(SIGMAS * Math.sqrt(expected.varianceLog / DRAWS));
    for (let i = 0; i < 1000; i++) expect(Math.exp(logs[i]!)).toBeCloseTo(values[i]!, 10);
  });
});

const betaCases = [...casesOf(TOPICS, 'beta'), ...casesOf(TOPICS, 'betaLaw')];
describe.skipIf(betaCases.length === 0)('beta (needs shared/golden)', () => {
  it.each(betaCases)('$id', ({ args, expected }) => {
    expectLaw(
      draw(`beta ${args.a} ${args.b}`, (stream) => stream.beta(args.a, args.b)),
      expected,
    );
  });
});

const edgeCases = casesOf(TOPICS, 'betaEdgeMass');
describe.skipIf(edgeCases.length === 0)('mass of beta near the ends (needs shared/golden)', () => {
  it.each(edgeCases)('$id', ({ args, expected }) => {
    const values = draw(`edges ${args.a}`, (stream) => stream.beta(args.a, args.a));
    args.below.forEach((limit: number, i: number) => {
      const error = SIGMAS * Math.sqrt(expected[i] / DRAWS) + 1e-6;
      expect(Math.abs(shareBelow(values, limit) - expected[i])).toBeLessThan(error);
      const above = values.map((value) => 1 - value);
      expect(Math.abs(shareBelow(above, limit) - expected[i])).toBeLessThan(error);
    });
  });
});

describe('laws without reference files', () => {
  it('uniform covers its range evenly', () => {
    const values = draw('uniform', (stream) => stream.uniform(-2, 6)).sort();
    let distance = 0;
    values.forEach((value, i) => {
      distance = Math.max(distance, Math.abs((value + 2) / 8 - i / DRAWS), Math.abs((value + 2) / 8 - (i + 1) / DRAWS));
    });
    expect(distance).toBeLessThan(KS_CRITICAL);
  });

  it('normal has the right tail beyond the ziggurat, in numbers and in shape', () => {
    const start = 3.6541528853610088;
    const stream = randomStream(1, 'tail');
    const beyond: number[] = [];
    for (let i = 0; i < 2_000_000; i++) {
      const value = stream.normal();
      if (Math.abs(value) > start) beyond.push(Math.abs(value));
    }
    // 2 (1 - Phi(start)) = 2.5803e-4, so 516 are expected; their mean excess is 0.25521 (quadrature).
    expect(Math.abs(beyond.length - 516)).toBeLessThan(5 * Math.sqrt(516));
    const excess = beyond.reduce((sum, value) => sum + value - start, 0) / beyond.length;
    expect(Math.abs(excess - 0.2552)).toBeLessThan((5 * 0.25) / Math.sqrt(beyond.length));
  });

  it('normal has no step at the borders of the layers', () => {
    const stream = randomStream(2, 'histogram');
    const bins = new Float64Array(60);
    const draws = 600_000;
    for (let i = 0; i < draws; i++) {
      const bin = Math.floor((stream.normal() + 3) * 10);
      if (bin >= 0 && bin < 60) bins[bin]!++;
    }
    let chiSquare = 0;
    bins.forEach((count, bin) => {
      const expected = draws * normalMass(bin / 10 - 3, bin / 10 - 2.9);
      chiSquare += (count - expected) ** 2 / expected;
    });
    // 60 degrees of freedom, upper 1e-4 quantile 109.5.
    expect(chiSquare).toBeLessThan(109.5);
  });

  it.each([1e-300, 1e-10, 0.001, 0.1, 1])('gamma and beta stay numbers at shape %d', (shape) => {
    const stream = randomStream(3, 'tiny', String(shape));
    let ones = 0;
    for (let i = 0; i < 2000; i++) {
      expect(stream.gamma(shape)).toBeGreaterThanOrEqual(0);
      expect(stream.logGamma(shape)).not.toBeNaN();
      const value = stream.beta(shape, shape);
      expect(value >= 0 && value <= 1).toBe(true);
      if (value > 0.5) ones++;
    }
    expect(Math.abs(ones - 1000)).toBeLessThan(5 * Math.sqrt(500));
  });

  it('gamma of a huge shape is near its mean', () => {
    const stream = randomStream(4);
    for (let i = 0; i < 100; i++) expect(Math.abs(stream.gamma(1e12) / 1e12 - 1)).toBeLessThan(1e-5);
  });
});

/** Simpson's rule on the normal density. */
function normalMass(low: number, high: number): number {
  const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  return ((high - low) / 6) * (density(low) + 4 * density((low + high) / 2) + density(high));
}
