/**
 * What masks add to a training step of MoCo v2 at 224 pixels on this machine, from drawing their noise to the new state: `node
 * --conditions=@ssl-scene/source --import tsx bench/masks.ts [depth] [batch] [rounds]`. Steps with different masks alternate; a
 * row gives the median over the rounds of its time, and of its processor time, which other programs disturb less, relative to those
 * of the step without masks in the same round.
 */
import { resnet } from '@ssl-scene/backbones';
import { moCo } from '@ssl-scene/frameworks';
import { branchPlan, type NoiseArray, patchMasking, type StrategySpec } from '@ssl-scene/masking';
import { initialise, sgd } from '@ssl-scene/nn';
import {
  currentBackend,
  disposeTree,
  type Tensor,
  type TensorDict,
  type Tree,
  tf,
  useBackend,
} from '@ssl-scene/tensors';
import { type ResolvedMasking, type SaliencySource, type StepInputs, trainStep } from '@ssl-scene/training';

const SIDE = 224;
const [depth = 18, batch = 8, rounds = 5] = process.argv.slice(2).map(Number);
await useBackend();

const framework = moCo({ backbone: resnet({ depth: depth as 18, stem: 'imagenet' }), queueLength: 4096 });
const optimiser = sgd({ momentum: 0.9, weightDecay: 1e-4 });
const localiser = resnet({ depth: 50, stem: 'imagenet' });
const frozen = initialise(localiser, 2);
const { params, buffers } = framework.initialise(1);
const state = { params, buffers, optimiser: optimiser.init(params) };
const view = (seed: number): Tensor => tf.randomNormal([batch, SIDE, SIDE, 3], 0, 1, 'float32', seed);
const map = (seed: number): Tensor => tf.randomUniform([batch, 7, 7], 0, 1, 'float32', seed);
const views = { a: view(1), b: view(2) };
const maps = { a: map(3), b: map(4) };
const beside = { framework: { momentum: tf.scalar(0.999) }, learningRate: tf.scalar(0), initialRate: tf.scalar(0) };
const indices = Uint32Array.from({ length: batch }, (_, image) => image);

/** Saliency that is known before the step: maps are inputs, nothing is asked. */
const KNOWN: SaliencySource = { kind: 'heat-maps' };
const FROZEN: SaliencySource = { kind: 'network', backbone: localiser, variables: frozen };

interface Row {
  readonly name: string;
  run(round: number): Promise<void>;
}

function row(name: string, masking?: ResolvedMasking, hasNegative = false): Row {
  const pairs = [{ role: 'global', a: 'a', b: 'b', ...(hasNegative && { hardNegative: 'negative' }) }];
  const step = trainStep({ framework, pairs, optimiser, ...(masking && { masking }) });
  return {
    name,
    async run(round) {
      const sizes = { a: [SIDE, SIDE], b: [SIDE, SIDE] } as const;
      const drawn = masking?.masker.noise({ seed: 1, epoch: round, step: round, indices, sizes });
      const masks = drawn && {
        masking: { noise: upload(drawn), saliency: masking?.saliency?.kind === 'heat-maps' ? maps : {} },
      };
      const inputs: StepInputs = { views, ...beside, ...masks };
      const output = step(state, inputs, masking?.saliency?.kind === 'network' ? frozen : undefined);
      await output.metrics.loss!.data();
      disposeTree([output.state, output.metrics, masks?.masking.noise] as unknown as Tree);
    },
  };
}

function upload(drawn: Readonly<Record<string, NoiseArray>>): TensorDict {
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
  );
}

function masks(
  strategy: StrategySpec,
  { negatives = [], saliency = KNOWN }: { negatives?: readonly string[]; saliency?: SaliencySource } = {},
): ResolvedMasking {
  return { masker: patchMasking({ plan: branchPlan({ query: 'a', key: 'b', negatives }), strategy }), saliency };
}

const [first, ...others] = [
  row('no masks'),
  row('mean', masks({ kind: 'mean' })),
  row('blur', masks({ kind: 'blur' })),
  row('high-pass', masks({ kind: 'high-pass' })),
  row('mean, its own network as localiser', masks({ kind: 'mean' }, { saliency: { kind: 'average' } })),
  row('mean, a frozen ResNet-50 as localiser', masks({ kind: 'mean' }, { saliency: FROZEN })),
  row('mean, hard negative', masks({ kind: 'mean' }, { negatives: ['negative'] }), true),
] as [Row, ...Row[]];

/** Milliseconds on the clock, and of all processors together. */
type Time = readonly [wall: number, processor: number];

const times = new Map<string, Time[]>(others.map(({ name }) => [name, []]));
const whole: Time[] = [];
for (let round = 0; round <= rounds; round++) {
  const base = await timed(first, round);
  for (const other of others) {
    const [wall, processor] = await timed(other, round);
    // The first round records the graphs.
    if (round > 0) times.get(other.name)!.push([wall / base[0], processor / base[1]]);
  }
  if (round > 0) whole.push(base);
}

async function timed({ run }: Row, round: number): Promise<Time> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await run(round);
  const { user, system } = process.cpuUsage(used);
  return [performance.now() - start, (user + system) / 1000];
}

function medians(values: readonly Time[]): Time {
  const of = (which: 0 | 1): number =>
    values.map((time) => time[which]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  return [of(0), of(1)];
}

const [wall, processor] = medians(whole);
console.log(
  `${currentBackend()}, ResNet-${depth}, batch ${batch}, ${SIDE} px; step without masks ${wall.toFixed(0)} ms, ${processor.toFixed(0)} ms of processors`,
);
for (const { name } of others) {
  const [share, busy] = medians(times.get(name)!).map((ratio) => `${(100 * (ratio - 1)).toFixed(1).padStart(7)} %`);
  console.log(`${name.padEnd(40)} ${share} ${busy}`);
}
