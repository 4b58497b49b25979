import { pairScore, pairWeights } from '@ssl-scene/cropping';
import { byol, type Framework, multiCropPairs, type PairSpec, simClr, swav } from '@ssl-scene/frameworks';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import { createTrainer, type PairWeightingOptions, type RegionOptions, type TrainerOptions } from '@ssl-scene/training';
import type { ViewPlan } from '@ssl-scene/views';
import { beforeAll, describe, expect, it } from 'vitest';
import { uploadPairWeights } from '../src/pair-weighting.ts';
import { stoppedAfter, temporaryFolder, tinyBackbone, tinyFramework, tinyOptions, tinySource } from './tiny-run.ts';

beforeAll(async () => void (await useBackend({ backend: 'wasm' })), 60_000);

const PAIRS: readonly PairSpec[] = [
  { role: 'global', a: 'a', b: 'b' },
  { role: 'salient', a: 'c', b: 'd' },
];
const MAPS: RegionOptions = { source: 'minimum-barrier', size: 16, heatMaps: true, mapSize: 4 };

function plan(kind: 'random-resized' | 'saliency'): ViewPlan {
  const crop = { kind, scale: [0.3, 1] as const, ...(kind === 'saliency' && { minSidePixels: 2 }) };
  const view = { augmentations: [{ kind: 'horizontal-flip', p: 0.5 }] } as const;
  const random = { ...view, size: 16, crop: { kind: 'random-resized', scale: [0.3, 1] } } as const;
  const salient = { ...view, size: 12, crop };
  return {
    views: [
      { name: 'a', ...random },
      { name: 'b', ...random },
      { name: 'c', ...salient },
      { name: 'd', ...salient },
    ],
  };
}

async function lossesOf(changes: Partial<TrainerOptions>): Promise<number[]> {
  const losses: number[] = [];
  const hooks = { onStep: ({ loss }: { readonly loss: number }) => void losses.push(loss) };
  const trainer = createTrainer(tinyOptions({ pairs: PAIRS, ...changes, hooks }));
  await trainer.run();
  disposeTree([trainer.variables!.params, trainer.variables!.buffers]);
  return losses;
}

describe('weights of pairs', () => {
  const scores = {
    a: Float32Array.of(0.3, 0.5),
    b: Float32Array.of(0.6, 0.2),
    c: Float32Array.of(0.9, 1),
    d: Float32Array.of(0.4, 0.01),
  };

  it.each<[PairWeightingOptions, string]>([
    [{}, 'image'],
    [{ normalise: 'batch', power: 2, eps: 0.2 }, 'batch'],
    [{ score: 'min', normalise: 'none' }, 'none'],
  ])('are those of the scores of their crops: %j', (options, normalise) => {
    const { score: mode = 'geometric', eps = 0.05, power = 1 } = options;
    const ofPairs = [0, 1].flatMap((row) => [
      pairScore(scores.a[row]!, scores.b[row]!, { mode, eps }),
      pairScore(scores.c[row]!, scores.d[row]!, { mode, eps }),
    ]);
    const expected = pairWeights(ofPairs, { pairs: 2, power, normalise: normalise as 'image' });
    const weights = uploadPairWeights({ scores, size: 2 }, { pairs: PAIRS }, options);
    expect([...weights['global a b']!.dataSync()]).toEqual([expected[0]!, expected[2]!].map(Math.fround));
    expect([...weights['salient c d']!.dataSync()]).toEqual([expected[1]!, expected[3]!].map(Math.fround));
    tf.dispose(weights);
  });

  it('leave roles out that they are told to, and weigh among the others', () => {
    const weights = uploadPairWeights({ scores, size: 2 }, { pairs: PAIRS }, { unweighted: ['global'] });
    expect([...weights['global a b']!.dataSync()]).toEqual([1, 1]);
    const [first, second] = weights['salient c d']!.dataSync();
    // One weighted pair: weight moves within the batch.
    expect(first! + second!).toBeCloseTo(2, 6);
    expect(first! / second!).toBeCloseTo(Math.sqrt(0.36) / Math.sqrt(0.01), 4);
    tf.dispose(weights);
  });

  it('give each pair its own weight where several share a role, and keep the sum of factor times weight', () => {
    const pairs = multiCropPairs({ large: ['a', 'b'], small: ['c', 'd'] });
    const weights = uploadPairWeights({ scores, size: 2 }, { pairs }, {});
    const sums = [0, 1].map((row) =>
      pairs.reduce((sum, { role, a, b, factor }) => sum + factor! * weights[`${role} ${a} ${b}`]!.dataSync()[row]!, 0),
    );
    for (const sum of sums) expect(sum).toBeCloseTo(1, 6);
    expect(weights['local a c']!.dataSync()[0]).not.toBe(weights['local a d']!.dataSync()[0]);
    tf.dispose(weights);
  });

  it('count a masked view as the view that it is made of', () => {
    const masking = { masker: { plan: { masked: { from: 'c', mask: 'positive' } } } } as never;
    const pairs = [{ role: 'global', a: 'masked', b: 'd' }, PAIRS[0]!];
    const [masked, plain] = [
      uploadPairWeights({ scores, size: 2 }, { pairs, masking }, {}),
      uploadPairWeights({ scores, size: 2 }, { pairs: [{ ...pairs[0]!, a: 'c' }, PAIRS[0]!] }, {}),
    ];
    expect(masked['global masked d']!.dataSync()).toEqual(plain['global c d']!.dataSync());
    tf.dispose([masked, plain]);
  });
});

describe('SGCL-style runs', () => {
  it('§10a: with uniform maps are random crops with weights of 1, bit for bit', async () => {
    const source = tinySource({ length: 34, constant: true });
    const options = { source, watch: { images: false } } as const;
    const guided = await lossesOf({ ...options, plan: plan('saliency'), regions: MAPS, weighting: {} });
    expect(guided).toHaveLength(12);
    expect(guided).toEqual(await lossesOf({ ...options, plan: plan('random-resized') }));
  }, 60_000);

  it('before regions are in use too, and differ afterwards', async () => {
    const regions: RegionOptions = { ...MAPS, warmup: 2 };
    const plain = await lossesOf({ plan: plan('random-resized') });
    for (const [kind, weighting] of [
      ['saliency', {}],
      ['random-resized', {}],
      ['saliency', undefined],
    ] as const) {
      const guided = await lossesOf({ plan: plan(kind), regions, ...(weighting && { weighting }) });
      expect(guided.slice(0, 8)).toEqual(plain.slice(0, 8));
      expect(guided.slice(8)).not.toEqual(plain.slice(8));
    }
  }, 60_000);

  it('resume to the same losses', async () => {
    const changes = {
      plan: plan('saliency'),
      pairs: PAIRS,
      regions: { size: 16, warmup: 1, interval: 1, heatMaps: true },
    };
    const whole = await lossesOf({ ...changes, weighting: {} });
    const outDir = temporaryFolder();
    await createTrainer(stoppedAfter(6, { ...changes, weighting: {}, outDir })).run();
    const rest: number[] = [];
    const hooks = { onStep: ({ loss }: { readonly loss: number }) => void rest.push(loss) };
    await createTrainer(tinyOptions({ ...changes, weighting: {}, outDir, hooks })).run({ resume: true });
    expect(rest).toEqual(whole.slice(6));
  }, 60_000);

  const roles = ['global', 'salient'];
  it.each<[string, Framework]>([
    ['BYOL', byol({ backbone: tinyBackbone(), hidden: 16, dimension: 8, roles })],
    ['SimCLR', simClr({ backbone: tinyBackbone(), dimension: 8, forward: 'per-view' })],
  ])('the loss of %s is the mean over images of the sum over pairs of weight times loss', async (_, framework) => {
    const views = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name, index) => [name, tf.randomNormal([6, 12, 12, 3], 0, 1, 'float32', index)]),
    );
    const variables = framework.initialise(1);
    const weights = [tf.tensor1d([1, 0.5, 2, 1, 0, 1.5]), tf.tensor1d([1, 1.5, 0, 1, 2, 0.5])];
    const lossOf = (pairs: readonly object[]): number[] => {
      const batch = { views, pairs: pairs as never };
      const prepared = framework.prepare?.(variables, batch) ?? { tensors: {}, updates: {} };
      const { loss, perSample } = framework.objective(variables, batch, prepared, { training: true, updates: {} });
      return [loss.dataSync()[0]!, ...perSample.dataSync()];
    };
    const [loss] = lossOf(PAIRS.map((pair, index) => ({ ...pair, weight: weights[index] })));
    const alone = PAIRS.map((pair) => lossOf([pair]).slice(1));
    const expected = [0, 1].map((pair) => {
      const values = weights[pair]!.dataSync();
      return alone[pair]!.reduce((sum, value, row) => sum + value * values[row]!, 0) / 6;
    });
    expect(loss).toBeCloseTo(expected[0]! + expected[1]!, 4);
    disposeTree([variables.params, variables.buffers, views]);
  });

  it('work with the small views of multi-crop', async () => {
    const framework = swav({ backbone: tinyBackbone(), hidden: 16, dimension: 8, prototypes: 6 });
    const pairs = multiCropPairs({ large: ['a', 'b'], small: ['c', 'd'] });
    const options = { framework, pairs, plan: plan('random-resized'), epochs: 1, learningRate: 0.001 };
    const weighted = await lossesOf({ ...options, regions: MAPS, weighting: {} });
    const plain = await lossesOf(options);
    expect(weighted[0]).not.toBe(plain[0]);
    expect(Math.abs(weighted[0]! / plain[0]! - 1)).toBeLessThan(0.5);
  }, 60_000);

  it.each<[Partial<TrainerOptions>, RegExp]>([
    [{}, /regions with heat maps.*weighting/],
    [{ regions: { size: 16 } }, /weighting.*Set regions.heatMaps/],
    [{ regions: MAPS, weighting: { eps: 0 } }, /weighting.eps/],
    [{ regions: MAPS, weighting: { power: -1 } }, /weighting.power/],
    [{ regions: MAPS, weighting: { unweighted: ['locl'] } }, /global, salient.*weighting.unweighted/],
    [{ regions: MAPS, weighting: { score: 'geometrc' as 'min' } }, /Did you mean geometric/],
  ])('refuse %j', (changes, message) => {
    const options = { plan: plan('saliency'), pairs: PAIRS, framework: tinyFramework(), weighting: {}, ...changes };
    expect(() => createTrainer(tinyOptions(options))).toThrow(message);
  });
});
