import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '@ssl-scene/datasets';
import { backboneVariables, differentiate, type Framework } from '@ssl-scene/frameworks';
import { branchPlan, type MaskerSpec, patchMasking } from '@ssl-scene/masking';
import { initialise, sgd, type Variables } from '@ssl-scene/nn';
import { RegionStore } from '@ssl-scene/regions';
import { parseSafetensors } from '@ssl-scene/safetensors';
import { disposeTree, type Tensor, type TensorDict, type Tree, tf, useBackend } from '@ssl-scene/tensors';
import {
  createTrainer,
  type EvaluatedNetwork,
  highPassed,
  loadRun,
  type ResolvedMasking,
  regionHeatMaps,
  type SaliencySource,
  type StepInputs,
  sampleMasks,
  storedInputFilter,
  type TrainerOptions,
  trainStep,
} from '@ssl-scene/training';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  expectSameBytes,
  maskedOptions,
  maskerSpec,
  negativePairs,
  negativePlan,
  tinyMoCo,
  tinyObjects,
  withFolder,
} from './masked-run.ts';
import { backends, tinyBackbone, tinyFrameworks, tinyOptions, tinyPlan } from './tiny-run.ts';

describe.each(backends)('masks in a step on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  const frozen = tinyBackbone();
  const features = (framework: Framework, { params, buffers }: Variables, view: Tensor): Tensor =>
    framework.backbone.features({ params, buffers }, view, { training: false, updates: {} }, ['layer3']).taps.layer3!;
  const under = (prefix: string, { buffers }: Variables): Variables => {
    const entries = Object.entries(buffers).filter(([name]) => name.startsWith(prefix));
    const tensors = Object.fromEntries(entries.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
    return { params: tensors, buffers: tensors };
  };
  const sources: [string, SaliencySource, (state: Variables, frozen: Variables) => Variables][] = [
    ['the network that learns', { kind: 'online' }, (state) => backboneVariables(state)],
    ['its moving average', { kind: 'average' }, (state) => under('key.backbone.', state)],
    [
      'a frozen network',
      { kind: 'network', backbone: frozen, variables: { params: {}, buffers: {} } },
      (_, own) => own,
    ],
  ];

  it.each(sources)('saliency of %s: the loss is that of the views masked by hand', (_, saliency, variablesOf) => {
    const framework = tinyFrameworks.moco();
    const optimiser = sgd({ momentum: 0.9, weightDecay: 0 });
    const masker = patchMasking({ plan: negativePlan, strategy: { kind: 'mean' }, grid: 4 });
    const step = trainStep({ framework, pairs: negativePairs, optimiser, masking: { masker, saliency } });
    const { params, buffers } = framework.initialise(3);
    // Copies of weights start equal to their originals; only unequal ones tell the two sources apart.
    const own = Object.fromEntries(
      Object.entries(buffers).map(([name, tensor]) => [
        name,
        name.startsWith('key.backbone.') && tensor.rank === 4 ? tf.reverse(tensor, 3) : tensor.clone(),
      ]),
    );
    const state = { params, buffers: own, optimiser: optimiser.init(params) };
    const network = initialise(frozen, 9);
    const view = (seed: number): Tensor => tf.randomNormal([6, 16, 16, 3], 0, 1, 'float32', seed);
    const views = { a: view(1), b: view(2) };
    const drawn = masker.noise({
      seed: 1,
      epoch: 0,
      step: 0,
      indices: [0, 1, 2, 3, 4, 5],
      sizes: { a: [16, 16], b: [16, 16] },
    });
    const noise: TensorDict = Object.fromEntries(
      Object.entries(drawn).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
    );
    const asked = framework.hostInputs!({ seed: 1, epoch: 0, step: 0, totalSteps: 1, batchSize: 6 });
    const host: TensorDict = Object.fromEntries(
      Object.entries(asked).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
    );
    const rate = tf.scalar(0);
    const inputs: StepInputs = {
      views,
      framework: host,
      learningRate: rate,
      initialRate: rate,
      masking: { noise, saliency: {} },
    };
    const got = step(state, inputs, saliency.kind === 'network' ? network : undefined);
    const [want, salient] = tf.tidy(() => {
      const looking = variablesOf(state, network);
      const maps = { a: features(framework, looking, views.a), b: features(framework, looking, views.b) };
      const masked = masker.apply(views, maps, noise);
      const { loss } = differentiate(framework, state, { views: masked.views, pairs: negativePairs, inputs: host });
      return [loss.dataSync()[0]!, masked.metrics['salient.b']!.dataSync()[0]!];
    });
    expect(got.metrics.loss!.dataSync()[0]!).toBeCloseTo(want, 4);
    expect(got.metrics['salient.b']!.dataSync()[0]).toBeCloseTo(salient, 6);
    expect(got.metrics['masked.negative']!.dataSync()[0]).toBeGreaterThan(0.1);
    disposeTree([{ params, buffers }, state, network, inputs, got] as unknown as Tree);
    step.dispose();
  });
});

describe('masks in a run', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it.each(backends.toReversed())(
    'C02: one that stops within an epoch and resumes gives the same bytes, and no tensor is left, on %s',
    async (backend) => {
      await useBackend({ backend });
      const before = tf.memory().numTensors;
      await expectSameBytes(
        () => maskedOptions({ masker: maskerSpec('high-pass'), saliency: { kind: 'average' } }),
        (outDir) => {
          const lines = readFileSync(join(outDir, 'metrics.jsonl'), 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          const step = lines.find(({ kind }) => kind === 'step');
          expect(step['masked.a']).toBeGreaterThan(0);
          expect(step['salient.b']).toBeGreaterThan(0);
          expect(lines.filter(({ kind }) => kind === 'warning')).toEqual([]);
        },
      );
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('object masks and heat maps are carried into views, mirrored and cropped as they are', async () => {
    const view = {
      size: 12,
      crop: { kind: 'random-resized', scale: [0.4, 1] },
      augmentations: [{ kind: 'horizontal-flip', p: 0.5 }],
    } as const;
    const source = tinyObjects();
    const sampled = {
      source,
      plan: {
        views: [
          { name: 'a', ...view },
          { name: 'b', ...view },
        ],
      },
    };
    const indices = [0, 1, 2, 3, 4, 5, 6, 7];
    // The heat map of the image is its mask.
    const dataset = await openDataset(source);
    const store = RegionStore.create({ images: 34, heatMap: { height: 20, width: 24 } });
    for (const index of indices) {
      const { data: mask } = (await dataset.mask!(index))!;
      store.setHeatMap(
        index,
        mask.map((owner) => (owner === 1 ? 255 : 0)),
      );
    }
    const framework = tinyFrameworks.simclr();
    const variables = framework.initialise(0);
    const masker = (threshold: number): MaskerSpec => ({
      kind: 'patches',
      plan: negativePlan,
      strategy: { kind: 'mean' },
      grid: 6,
      foreground: { threshold },
    });
    const samples = await sampleMasks({
      ...sampled,
      seed: 3,
      epoch: 2,
      indices,
      framework,
      variables,
      masks: {
        objects: { masker: masker(0.5), saliency: { kind: 'object-masks' } },
        maps: { masker: masker(127.5), saliency: { kind: 'heat-maps' } },
      },
      regions: store.buffer,
      normalise: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    let agreeing = 0;
    for (const { views, masked } of samples) {
      for (const name of ['a', 'b']) {
        const { side, data } = masked.objects!.salient[name]!;
        for (let patch = 0; patch < side * side; patch++) {
          const [row, column] = [2 * Math.floor(patch / side), 2 * (patch % side)];
          const levels = [0, 1].flatMap((y) =>
            [0, 1].map((x) => views[name]!.data[3 * ((row + y) * 12 + column + x)]!),
          );
          const brightness = levels.reduce((sum, level) => sum + level) / 4;
          if (brightness > 0.9) expect([data[patch], masked.maps!.salient[name]!.data[patch]]).toEqual([1, 1]);
          if (brightness < 0.1) expect([data[patch], masked.maps!.salient[name]!.data[patch]]).toEqual([0, 0]);
          if (brightness > 0.9 || brightness < 0.1) agreeing++;
        }
      }
      // Negatives lose nothing but what is bright.
      const { hidden } = masked.objects!;
      expect(hidden.negative).toBeGreaterThan(0);
    }
    expect(agreeing).toBeGreaterThan(300);
    disposeTree([variables.params, variables.buffers]);
  });

  it('a loss that is no number is traced through the masks', async () => {
    await withFolder(async (outDir) => {
      const run = createTrainer(maskedOptions({}, { learningRate: 1e30, maxSkippedSteps: 1, outDir })).run();
      await expect(run).rejects.toThrow(/NON_FINITE.*first tensor that is not finite/);
    });
  });
});

describe('a run whose images were high-passed', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it('gives evaluations a backbone that filters, and its checkpoint to no other', async () => {
    await withFolder(async (outDir) => {
      const seen: EvaluatedNetwork[] = [];
      const evaluation = {
        run: (network: EvaluatedNetwork) => {
          seen.push(network);
          return {};
        },
      };
      const masker: MaskerSpec = {
        kind: 'patches',
        plan: negativePlan,
        strategy: { kind: 'high-pass', kernel: 5 },
        grid: 4,
      };
      await createTrainer(maskedOptions({ masker }, { epochs: 1, evaluation, outDir })).run();
      expect(seen[0]!.backbone.inputFilter).toEqual({ kernel: 5 });
      const run = await loadRun(outDir);
      expect(run.facts.inputFilter).toEqual({ kernel: 5 });
      const { metadata } = parseSafetensors(run.model);
      expect(metadata).toMatchObject({ input_filter: '{"kind":"high-pass","kernel":5}' });
      expect(storedInputFilter(metadata)).toEqual({ kernel: 5 });
      expect(storedInputFilter({})).toBeUndefined();
      expect(() => storedInputFilter({ input_filter: '{"kind":"low-pass"}' })).toThrow(/INPUT_FILTER_UNKNOWN/);
      const raw = tinyFrameworks.moco();
      expect(() => run.variables(raw)).toThrow(/INPUT_FILTER_MISSING.*high-pass, kernel 5.*highPassed/);
      const backbone = highPassed(tinyBackbone(), { kernel: 5 });
      const filtered = tinyMoCo(backbone);
      const { params, buffers } = run.variables(filtered);
      const state = backboneVariables({ params, buffers });
      tf.tidy(() => {
        const context = { training: false, updates: {} };
        const image = tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 4);
        const shifted = tf.add(image, 3);
        const [one, other] = [image, shifted].map((x) => backbone.apply(state, x, context).dataSync());
        // What is constant over the image does not reach the network.
        expectClose(other!, one!, { abs: 1e-4 });
      });
      disposeTree([params, buffers]);
      expect(() => createTrainer(maskedOptions({ masker }, { framework: filtered }))).toThrow(/MASKING.*highPassed/);
      expect(() => highPassed(backbone, {})).toThrow(/INPUT_FILTER_TWICE/);
    });
  });

  it('finds its heat maps through the filter: what is constant over an image does not change them', async () => {
    const framework = tinyMoCo();
    const { params, buffers } = framework.initialise(2);
    const masker = patchMasking({ plan: negativePlan, strategy: { kind: 'high-pass' } });
    const pixels = Float32Array.from({ length: 16 * 16 * 3 }, (_, place) => Math.sin(place * place));
    const mapsWith = async (masking: { masking?: ResolvedMasking }, offset: number): Promise<Float32Array> => {
      const provider = regionHeatMaps({}, { params, buffers }, { framework, ...masking });
      const { values } = await provider.maps({
        images: 1,
        height: 16,
        width: 16,
        pixels: pixels.map((v) => v + offset),
      });
      provider.dispose();
      return values;
    };
    const masking = { masker };
    expectClose(await mapsWith({ masking }, 2), await mapsWith({ masking }, 0), { abs: 1e-4 });
    const [raw, moved] = [await mapsWith({}, 0), await mapsWith({}, 2)];
    expect(Math.max(...raw.map((value, place) => Math.abs(value - moved[place]!)))).toBeGreaterThan(0.01);
    disposeTree([params, buffers]);
  });

  it('a run without a filter refuses a backbone that has one, and other masks on resume', async () => {
    await withFolder(async (outDir) => {
      await createTrainer(maskedOptions({}, { epochs: 1, outDir })).run();
      const run = await loadRun(outDir);
      expect(run.facts.inputFilter).toBeUndefined();
      const filtered = tinyMoCo(highPassed(tinyBackbone(), {}));
      expect(() => run.variables(filtered)).toThrow(/INPUT_FILTER_UNKNOWN/);
      const other = createTrainer(maskedOptions({ masker: maskerSpec('blur') }, { outDir }));
      await expect(other.run({ resume: true })).rejects.toThrow(
        /masking salient patches, mean, as the run was started with/,
      );
    });
  });
});

describe('masks that cannot work are named before anything starts', () => {
  const simclr = tinyFrameworks.simclr();
  it.each<[string, Partial<TrainerOptions>, RegExp]>([
    [
      'a view that is not in the plan',
      {
        masking: { masker: { kind: 'block', plan: branchPlan({ query: 'x', key: 'b' }) } },
        pairs: [{ role: 'global', a: 'x', b: 'b' }],
      },
      /one of the views a, b, found "x".*plan\.x\.from/,
    ],
    [
      'a negative that no pair names',
      { pairs: [{ role: 'global', a: 'a', b: 'b' }] },
      /"negative" that none does.*plan\.negative/,
    ],
    [
      'a hard negative that no mask makes',
      { masking: { masker: { kind: 'block', plan: branchPlan({ query: 'a', key: 'b' }) } } },
      /BAD_OPTION.*"negative"/,
    ],
    [
      'heat maps that are not kept',
      { masking: { masker: maskerSpec('mean'), saliency: { kind: 'heat-maps' } } },
      /no regions/,
    ],
    [
      'heat maps that are not kept beside boxes',
      { masking: { masker: maskerSpec('mean'), saliency: { kind: 'heat-maps' } }, regions: { size: 16 } },
      /regions\.heatMaps false/,
    ],
    [
      'a moving average that there is none of',
      { masking: { masker: maskerSpec('mean'), saliency: { kind: 'average' } } },
      /moving average.*simclr/,
    ],
    [
      'saliency that masks do not look at',
      {
        masking: {
          masker: { kind: 'patches', plan: negativePlan, selection: 'uniform' },
          saliency: { kind: 'online' },
        },
      },
      /online beside uniform patches/,
    ],
    [
      'maps in a view that is turned',
      {
        masking: { masker: maskerSpec('mean'), saliency: { kind: 'object-masks' } },
        plan: {
          views: tinyPlan().views.map((view) => ({
            ...view,
            augmentations: [{ kind: 'rotation', degrees: 10, p: 1 }],
          })),
        },
      },
      /rotation in view a/,
    ],
  ])('%s', (_, changes, message) => {
    const options = tinyOptions({
      framework: simclr,
      pairs: negativePairs,
      masking: { masker: maskerSpec('mean') },
      ...changes,
    });
    expect(() => createTrainer(options)).toThrow(message);
  });

  it('a data set without masks', async () => {
    await useBackend({ backend: backends[0]! });
    const options = maskedOptions({ saliency: { kind: 'object-masks' } }, { source: tinyObjects({ masks: false }) });
    await expect(createTrainer(options).run()).rejects.toThrow(/MASKING.*masks of its objects.*tiny objects/);
  });
});
