/**
 * What masking adds to a step of MoCo v2 at 224 pixels on this machine: `tsx --conditions=@ssl-scene/source bench/cost.ts
 * [depth] [batch]`. The step is the query's forward and backward pass and the key's forward pass, without optimiser; hard
 * negatives are another forward pass. Steps with different masks alternate; the median of five is given.
 */
import { resnet } from '@ssl-scene/backbones';
import { branchPlan, patchMasking, type StrategySpec, saliencyOf } from '@ssl-scene/masking';
import { initialise, type Variables } from '@ssl-scene/nn';
import { currentBackend, jit, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';

const ROUNDS = 5;
const SIDE = 224;
const [depth = 18, batch = 16] = process.argv.slice(2).map(Number);

await useBackend();
const backbone = resnet({ depth: depth as 18 });
const localiser = resnet({ depth: 50 });
const variables = initialise(backbone, 1);
const frozen = initialise(localiser, 2);
const view = (seed: number): Tensor => tf.randomNormal([batch, SIDE, SIDE, 3], 0, 1, 'float32', seed);
const views = { q: view(1), k: view(2) };
const maps = {
  q: tf.randomUniform([batch, 7, 7], 0, 1, 'float32', 3),
  k: tf.randomUniform([batch, 7, 7], 0, 1, 'float32', 4),
};

const features = ({ params, buffers }: Variables, x: Tensor, training: boolean): Tensor =>
  backbone.apply({ params, buffers }, x, { training, updates: {} });

function networkStep({ params, buffers }: Variables, views: TensorDict): Tensor {
  const key = features({ params, buffers }, views.k!, true);
  const { loss, grads } = valueAndGrad(
    (p) => ({ loss: tf.mean(tf.squaredDifference(features({ params: p, buffers }, views.q!, true), key)) }),
    params,
  );
  return tf.addN([loss, ...Object.values(grads).map((gradient) => tf.sum(gradient))]);
}

const sum = (tensors: TensorDict): Tensor => tf.addN(Object.values(tensors).map((tensor) => tf.sum(tensor)));

const names = ['q', 'k'];
const noiseFor = (masker: ReturnType<typeof patchMasking>): TensorDict => {
  const indices = Uint32Array.from({ length: batch }, (_, image) => image);
  const sizes = Object.fromEntries(names.map((name) => [name, [SIDE, SIDE] as const]));
  const arrays = Object.entries(masker.noise({ seed: 1, epoch: 0, step: 0, indices, sizes }));
  return Object.fromEntries(arrays.map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
};

const strategies: StrategySpec[] = [{ kind: 'mean' }, { kind: 'blur' }, { kind: 'high-pass' }];
const masks = strategies.map((strategy) => {
  const masker = patchMasking({ plan: branchPlan({ query: 'q', key: 'k', negatives: ['v'] }), strategy });
  const noise = noiseFor(masker);
  const run = jit((noise: TensorDict, maps: TensorDict, views: TensorDict) =>
    sum(masker.apply(views, maps, noise).views),
  );
  const draw = (): void =>
    void masker.noise({
      seed: 1,
      epoch: 0,
      step: 0,
      indices: Uint32Array.from({ length: batch }, (_, i) => i),
      sizes: { q: [SIDE, SIDE], k: [SIDE, SIDE] },
    });
  return [
    [`${strategy.kind}, query and negative`, () => run(noise, maps, views).dataSync()],
    [`${strategy.kind}, drawing the noise`, draw],
  ] as const;
});
const step = jit(networkStep);
const key = jit((variables: Variables, x: Tensor) => tf.sum(features(variables, x, true)));
const masker = patchMasking({ plan: branchPlan({ query: 'q', key: 'k', negatives: ['v'] }) });
const localise = jit(({ params, buffers }: Variables, views: TensorDict) =>
  sum(
    saliencyOf(masker, views, (x) => {
      const context = { training: false, updates: {} };
      return localiser.features({ params, buffers }, x, context, ['layer4']).taps.layer4!;
    }),
  ),
);
const parts: (readonly [string, () => unknown])[] = [
  [`ResNet-${depth} step`, () => step(variables, views).dataSync()],
  ['hard negative through the key network', () => key(variables, views.k).dataSync()],
  ['localiser ResNet-50 on both views', () => localise(frozen, views).dataSync()],
  ...masks.flat(),
];

const times = parts.map(() => [] as number[]);
for (let round = 0; round <= ROUNDS; round++) {
  parts.forEach(([, run], part) => {
    const start = performance.now();
    run();
    // The first round records the graphs.
    if (round > 0) times[part]!.push(performance.now() - start);
  });
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const whole = median(times[0]!);
console.log(`${currentBackend()}, batch ${batch}, ${SIDE} px`);
parts.forEach(([name], part) => {
  const time = median(times[part]!);
  console.log(
    `${name.padEnd(40)} ${time.toFixed(0).padStart(7)} ms  ${((100 * time) / whole).toFixed(2).padStart(7)} %`,
  );
});
