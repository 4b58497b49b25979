import {
  blockMasking,
  branchPlan,
  createMasker,
  cutOutMasking,
  highPass,
  type Masker,
  type MaskerSpec,
  mscnBaseline,
  type PatchCompatibility,
  patchMasking,
  saliencyOf,
} from '@ssl-scene/masking';
import { conv2d, jit, relu, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, images, inputsFor, maps, upload } from './batch.ts';

const backends = await availableBackends(useBackend);
const plan = branchPlan({ query: 'a', key: 'b', negatives: ['v'] });
const positives = branchPlan({ query: 'a', key: 'b', branch: 'both' });

const SPECS: MaskerSpec[] = [
  { kind: 'patches', plan },
  { kind: 'patches', plan, strategy: { kind: 'high-pass', freshNoise: 'all' } },
  { kind: 'patches', plan, strategy: { kind: 'blur' } },
  { kind: 'patches', plan, strategy: { kind: 'mean' } },
  { kind: 'patches', plan, strategy: { kind: 'mean' }, selection: 'uniform', grid: 4 },
  { kind: 'mscn', views: ['a', 'b'] },
  { kind: 'block', plan: positives },
  { kind: 'cut-out', plan: positives, fill: { kind: 'blur' } },
];

const labelled = SPECS.map((spec) => [JSON.stringify(spec), spec] as const);
const values = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>() as Float32Array;

describe.each(backends)('maskers on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(labelled)('%s: the same inside jit, in bfloat16 too', (_name, spec) => {
    const masker = createMasker(spec);
    const { views, saliency, noise } = inputsFor(masker, 3, 14);
    const run = (v: TensorDict, s: TensorDict, n: TensorDict) => {
      const { views, metrics } = masker.apply(v, s, n);
      return { views, metrics };
    };
    const eager = tf.tidy(() => run(views, saliency, noise));
    for (const precision of ['float32', 'bfloat16'] as const) {
      const step = jit(run, { precision });
      const result = step(views, saliency, noise);
      expect(Object.keys(result.views)).toEqual(Object.keys(eager.views));
      for (const [name, view] of Object.entries(eager.views)) {
        expectClose(values(result.views[name]!), values(view), { abs: 1e-6, rel: 1e-6 }, name);
      }
      for (const [name, metric] of Object.entries(eager.metrics)) {
        expectClose(values(result.metrics[name]!), values(metric), { abs: 1e-6 }, name);
      }
      step.dispose();
    }
  });

  it.each(labelled)('%s: gradients by the views equal finite differences', (_name, spec) => {
    const masker = createMasker(spec);
    tf.tidy(() => {
      const { views, saliency, noise } = inputsFor(masker, 2, 33);
      const up = images(2, 33, 'up');
      const direction = images(2, 33, 'direction');
      const outputs = (view: Tensor): Tensor[] =>
        Object.values(masker.apply({ ...views, b: view }, saliency, noise).views);
      const loss = (view: Tensor): Tensor => tf.addN(outputs(view).map((output) => tf.sum(tf.mul(output, up))));
      const exact = tf.sum(tf.mul(tf.grad(loss)(views.b!), direction)).arraySync() as number;
      const double = (view: Tensor): number => {
        const weights = values(up);
        return outputs(view).reduce(
          (sum, output) => values(output).reduce((inner, value, index) => inner + value * weights[index]!, sum),
          0,
        );
      };
      const step = 0.05;
      const moved = (sign: number): Tensor => tf.add(views.b!, tf.mul(direction, sign * step));
      // Masks do not depend on the views' values, so that the function is linear and the step may be long.
      const numeric = (double(moved(1)) - double(moved(-1))) / (2 * step);
      expect(Math.abs(numeric - exact), `${numeric} against ${exact}`).toBeLessThan(
        2e-4 * Math.max(1, Math.abs(exact)),
      );
    });
  });

  it('leaves nothing behind', () => {
    const masker = patchMasking({ plan });
    const inputs = inputsFor(masker, 3, 21);
    const step = jit((v: TensorDict, s: TensorDict, n: TensorDict) => ({ views: masker.apply(v, s, n).views }));
    tf.dispose(step(inputs.views, inputs.saliency, inputs.noise));
    const before = tf.memory().numTensors;
    for (let round = 0; round < 3; round++) tf.dispose(step(inputs.views, inputs.saliency, inputs.noise));
    expect(tf.memory().numTensors).toBe(before);
    step.dispose();
  });

  it('a localiser in the same graph: no gradient reaches it, also where it is the network that learns', () => {
    const masker = patchMasking({ plan, strategy: { kind: 'mean' }, grid: 4 });
    const { views, noise } = inputsFor(masker, 3, 16);
    const params = { filter: tf.randomNormal([3, 3, 3, 5], 0, 0.3, 'float32', 3) };
    const features = (filter: Tensor, view: Tensor): Tensor => relu(conv2d(view, filter, { strides: 4, padding: 1 }));
    const seen = Object.fromEntries(
      Object.entries(views).map(([name, view]) => [name, values(tf.sum(features(params.filter, view), 3)).slice()]),
    );
    const step = jit((params: TensorDict, views: TensorDict, noise: TensorDict) =>
      valueAndGrad((p) => {
        const saliency = saliencyOf(masker, views, (view) => features(p.filter!, view));
        const masked = masker.apply(views, saliency, noise);
        const loss = tf.sum(features(p.filter!, masked.views.a!));
        return { loss, aux: { a: masked.views.a!, saliency } };
      }, params),
    );
    const { grads, aux } = step(params, views, noise);
    expect(Object.keys(aux.saliency)).toEqual(['a', 'b']);
    for (const name of ['a', 'b']) {
      expectClose(values(tf.sum(aux.saliency[name]!, 3)), seen[name], { abs: 1e-4, rel: 1e-5 });
    }
    // The gradient is that of the masked view as a constant.
    const constant = valueAndGrad((p) => ({ loss: tf.sum(features(p.filter!, aux.a)) }), params);
    expectClose(values(grads.filter!), values(constant.grads.filter!), { abs: 1e-3, rel: 1e-4 });
    step.dispose();
  });
});

describe('maskers', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  const applied = (masker: Masker, count = 4, side = 28) => {
    const { views, saliency, noise } = inputsFor(masker, count, side);
    return { inputs: views, saliency, ...masker.apply(views, saliency, noise) };
  };

  it('filters every view, also those that the plan does not name, and none of them without high-pass', () => {
    const sharp = patchMasking({ plan: branchPlan({ query: 'a', key: 'b' }), strategy: { kind: 'mean' } });
    const filtered = patchMasking({ plan: branchPlan({ query: 'a', key: 'b' }) });
    const third = images(4, 28, 'c');
    for (const masker of [sharp, filtered]) {
      const { views, saliency, noise } = inputsFor(masker, 4, 28);
      const result = masker.apply({ ...views, c: third }, saliency, noise).views;
      const wanted = (view: Tensor): Tensor => (masker.filter ? highPass(view, masker.filter) : view);
      expectClose(values(result.b!), values(wanted(views.b!)), { abs: 1e-6 });
      expectClose(values(result.c!), values(wanted(third)), { abs: 1e-6 });
      expect(tf.max(tf.abs(tf.sub(result.a!, wanted(views.a!)))).arraySync()).toBeGreaterThan(0.1);
    }
    expect(sharp.filter).toBeUndefined();
    expect(filtered.filter).toEqual({});
  });

  it.each([
    ['query', ['positive', 'none']],
    ['key', ['none', 'positive']],
    ['both', ['positive', 'positive']],
  ] as const)('branch %s', (branch, kinds) => {
    const plan = branchPlan({ query: 'a', key: 'b', branch });
    expect([plan.a!.mask, plan.b!.mask]).toEqual(kinds);
    const { masks, salient } = applied(patchMasking({ plan, strategy: { kind: 'mean' } }));
    const masked = ['a', 'b'].filter((_, index) => kinds[index] === 'positive');
    expect(Object.keys(masks)).toEqual(masked);
    expect(Object.keys(salient)).toEqual(masked);
  });

  it('hard negatives are made of the unmasked key, by its saliency, and differ from each other', () => {
    const plan = branchPlan({ query: 'a', key: 'b', branch: 'both', negatives: ['v', 'w'] });
    const result = applied(patchMasking({ plan, strategy: { kind: 'mean' } }));
    const { v, w } = result.masks;
    expect(tf.max(tf.abs(tf.sub(v!, w!))).arraySync()).toBe(1);
    const kept = tf.mul(tf.sub(result.views.v!, result.inputs.b!), tf.sub(1, v!));
    expect(tf.max(tf.abs(kept)).arraySync()).toBe(0);
    // No background is masked: 28 pixels in 7 patches of 4.
    const background = tf.sub(1, result.salient.b!).dataSync();
    const perPatch = values(tf.maxPool(tf.mean(v!, 3, true) as tf.Tensor4D, 4, 4, 'valid'));
    expect(perPatch.some((flag) => flag === 1)).toBe(true);
    expect(perPatch.every((flag, patch) => flag === 0 || background[patch] === 0)).toBe(true);
  });

  it('a symmetric pair: each view once masked and once not', () => {
    const both = {
      a: { from: 'a', mask: 'none' },
      b: { from: 'b', mask: 'none' },
      aMasked: { from: 'a', mask: 'positive' },
      bMasked: { from: 'b', mask: 'positive' },
    } as const;
    const { views, inputs } = applied(patchMasking({ plan: both, strategy: { kind: 'mean' } }));
    expect(Object.keys(views)).toEqual(['a', 'b', 'aMasked', 'bMasked']);
    expect(values(views.a!)).toEqual(values(inputs.a!));
    expect(values(views.aMasked!)).not.toEqual(values(inputs.a!));
  });

  it('metrics: the share of replaced values and gamma', () => {
    const { metrics, masks, salient } = applied(patchMasking({ plan }));
    expect(Object.keys(metrics)).toEqual(['masked.a', 'masked.v', 'salient.a', 'salient.b']);
    expect(metrics['masked.v']!.arraySync()).toBeCloseTo(tf.mean(masks.v!).arraySync() as number, 6);
    expect(metrics['salient.a']!.arraySync()).toBeCloseTo(tf.mean(salient.a!).arraySync() as number, 6);
  });

  it('a view in which nothing reaches the threshold is salient everywhere: a negative always loses something', () => {
    const plan = branchPlan({ query: 'a', key: 'b', negatives: ['v'] });
    const masker = patchMasking({ plan, strategy: { kind: 'mean' }, foreground: { threshold: 0.5 } });
    const { views, noise } = inputsFor(masker, 2, 28);
    // The first image of each view has one salient patch, the second none.
    const map = tf.tensor3d(
      Float32Array.from({ length: 2 * 49 }, (_, place) => (place === 10 ? 1 : 0)),
      [2, 7, 7],
    );
    const { salient, masks } = masker.apply(views, { a: map, b: map }, noise);
    expect([...values(tf.sum(salient.b!, [1, 2]))]).toEqual([1, 49]);
    const lost = values(tf.mean(masks.v!, [1, 2, 3]));
    expect(lost[0]).toBeLessThanOrEqual(1 / 49);
    expect(lost[1]).toBeGreaterThan(0.35);
  });

  it('the MSCN baseline masks both views by round(49 alpha) of all patches, and asks for no saliency', () => {
    const masker = mscnBaseline({ views: ['a', 'b'], strategy: { focal: 0 } });
    expect(masker.salientViews).toEqual([]);
    const { views, noise } = inputsFor(masker, 50, 14);
    const { masks } = masker.apply(views, {}, noise);
    for (const name of ['a', 'b']) {
      const perImage = values(tf.div(tf.sum(masks[name]!, [1, 2, 3]), 3 * 4));
      const ratios = values(noise[`${name}.ratio`]!);
      expect([...perImage]).toEqual([...ratios].map((alpha) => Math.round(49 * alpha)));
      expect(ratios.every((alpha) => alpha >= 0.05 && alpha < 0.25)).toBe(true);
    }
    expect(values(masks.a!)).not.toEqual(values(masks.b!));
  });

  it('blocks lie wholly inside and have the area that was asked for', () => {
    const masker = blockMasking({ plan: positives, area: [0.1, 0.3] });
    const boxes = masker.noise(batchOf(2000, 64, ['a', 'b']))['a.box']!.data;
    const areas: number[] = [];
    for (let image = 0; image < 2000; image++) {
      const [top, left, bottom, right] = boxes.subarray(4 * image) as unknown as [number, number, number, number];
      expect(top >= 0 && left >= 0 && bottom <= 64 && right <= 64).toBe(true);
      areas.push(((bottom - top) * (right - left)) / 64 ** 2);
    }
    expect(Math.min(...areas)).toBeGreaterThan(0.09);
    expect(Math.max(...areas)).toBeLessThan(0.32);
    expect(areas.reduce((sum, area) => sum + area, 0) / 2000).toBeCloseTo(0.2, 1);
  });

  it('A12: blocks of area 0 and 1 hide nothing and everything', () => {
    const share = (area: number): number =>
      applied(blockMasking({ plan: positives, area: [area, area] })).metrics['masked.a']!.arraySync() as number;
    expect([share(0), share(1)]).toEqual([0, 1]);
  });

  it('cutout hides a square of half the side around any pixel, with zeros, and may reach out of the image', () => {
    const { views, masks } = applied(cutOutMasking({ plan: positives }), 200, 32);
    const perImage = values(tf.sum(masks.a!, [1, 2, 3]));
    expect(Math.max(...perImage)).toBe(16 * 16);
    expect(Math.min(...perImage)).toBeGreaterThanOrEqual(8 * 8);
    expect(Math.min(...perImage)).toBeLessThan(12 * 12);
    expect(tf.max(tf.abs(tf.mul(views.a!, masks.a!))).arraySync()).toBe(0);
  });

  describe('noise', () => {
    const masker = patchMasking({ plan });

    it('is a function of seed, epoch, image and view, not of the place in the batch', () => {
      const sizes = { a: [14, 14], b: [14, 14] } as const;
      const draw = (indices: number[], change: { seed?: number; epoch?: number; step?: number } = {}) =>
        masker.noise({ seed: 1, epoch: 2, step: 9, indices, sizes, ...change });
      const row = (noise: ReturnType<typeof draw>, image: number): number[] => [
        ...noise['a.ranks']!.data.subarray(147 * image, 147 * (image + 1)),
      ];
      const first = draw([5, 8, 3]);
      expect(row(draw([8, 3, 5]), 0)).toEqual(row(first, 1));
      expect(draw([5, 8, 3])).toEqual(first);
      expect(row(draw([5, 8, 3], { epoch: 3 }), 0)).not.toEqual(row(first, 0));
      expect(row(draw([5, 8, 3], { seed: 2 }), 0)).not.toEqual(row(first, 0));
      expect(first['v.ratio']!.data).not.toEqual(first['a.ratio']!.data);
      expect(draw([5, 8, 3], { step: 10 })['a.spatialTile']!.data).not.toEqual(first['a.spatialTile']!.data);
    });

    it('ratios lie in the ranges of their kind', () => {
      const noise = masker.noise(batchOf(3000, 7, ['a', 'b']));
      const range = (name: string): number[] => {
        const { data } = noise[name]!;
        return [Math.min(...data), Math.max(...data)];
      };
      const [low, high] = range('a.ratio') as [number, number];
      expect(low).toBeGreaterThanOrEqual(Math.fround(0.05));
      expect(low).toBeLessThan(0.051);
      expect(high).toBeGreaterThan(0.249);
      expect(high).toBeLessThan(0.25);
      const [lowest, highest] = range('v.ratio') as [number, number];
      expect(lowest).toBeGreaterThanOrEqual(Math.fround(0.4));
      expect(highest).toBeLessThan(0.7);
    });
  });

  describe("the released code's faults", () => {
    // One row of maps for each image: as many salient cells as asked for, in random places.
    const salientMaps = (counts: number[]): Tensor => {
      const cells = counts.flatMap((count, image) =>
        Array.from({ length: 49 }, (_, cell) => ((cell * 19 + image) % 49 < count ? 1 : 0)),
      );
      return tf.tensor3d(cells, [counts.length, 7, 7]);
    };
    const masksWith = (
      compat: PatchCompatibility,
      counts: number[],
      ratio: number,
    ): { salient: number; background: number }[] => {
      const masker = patchMasking({
        plan: { a: { from: 'a', mask: 'positive' } },
        strategy: { kind: 'mean' },
        foreground: { threshold: 0.5 },
        positiveRatio: [ratio, ratio],
        compat,
      });
      return tf.tidy(() => {
        const noise = upload(masker.noise(batchOf(counts.length, 7, ['a'])));
        const salient = salientMaps(counts);
        const { masks } = masker.apply({ a: images(counts.length, 7) }, { a: salient }, noise);
        const masked = tf.mean(masks.a!, 3);
        const inside = values(tf.sum(tf.mul(masked, salient), [1, 2]));
        const all = values(tf.sum(masked, [1, 2]));
        return counts.map((_, image) => ({ salient: inside[image]!, background: all[image]! - inside[image]! }));
      });
    };

    it('negativeCountBug: -1 background patches means all but one', () => {
      // floor(49 · 0.1) = 4 patches in all; 46 of them salient ones give round(4.6) = 5.
      expect(masksWith({}, [46, 20], 0.1)).toEqual([
        { salient: 5, background: 0 },
        { salient: 2, background: 2 },
      ]);
      expect(masksWith({ negativeCountBug: true }, [46, 20], 0.1)).toEqual([
        { salient: 5, background: 2 },
        { salient: 2, background: 2 },
      ]);
    });

    it('singlePatchBug: a set of one patch is skipped', () => {
      const counts = [1, 48, 2];
      expect(masksWith({}, counts, 0.9)).toEqual([
        { salient: 1, background: 43 },
        { salient: 43, background: 1 },
        { salient: 2, background: 42 },
      ]);
      expect(masksWith({ singlePatchBug: true }, counts, 0.9)).toEqual([
        { salient: 0, background: 43 },
        { salient: 43, background: 0 },
        { salient: 2, background: 42 },
      ]);
    });

    it('rowSortBug: as many patches in each row, but on its right', () => {
      const map = tf.tensor3d([9, 0, 9, 0, 9, 0, 0, 9, 0], [1, 3, 3]);
      const salient = (compat: PatchCompatibility): number[][] => {
        const masker = patchMasking({ plan, grid: 3, strategy: { kind: 'mean' }, compat });
        const { noise } = inputsFor(masker, 1, 9);
        const result = masker.apply({ a: images(1, 9), b: images(1, 9) }, { a: map, b: map }, noise);
        return (result.salient.a!.arraySync() as number[][][])[0]!;
      };
      expect(salient({})).toEqual([
        [1, 0, 1],
        [0, 1, 0],
        [0, 1, 0],
      ]);
      expect(salient({ rowSortBug: true })).toEqual([
        [0, 1, 1],
        [0, 0, 1],
        [0, 0, 1],
      ]);
    });

    it("sharedNegativeBug: every image has the first one's hard negative", () => {
      const negatives = (compat: PatchCompatibility): Float32Array[] => {
        const { views } = applied(patchMasking({ plan, compat }), 3, 14);
        return tf.split(views.v!, 3).map(values);
      };
      const right = negatives({});
      const shared = negatives({ sharedNegativeBug: true });
      expect(shared[0]).toEqual(right[0]);
      expect(shared[1]).toEqual(right[0]);
      expect(shared[2]).toEqual(right[0]);
      expect(right[1]).not.toEqual(right[0]);
    });
  });

  it.each<[string, () => unknown, string]>([
    ['an unknown kind', () => createMasker({ kind: 'grid' } as unknown as MaskerSpec), 'MASK_OPTION'],
    ['an unknown strategy', () => patchMasking({ plan, strategy: { kind: 'sharp' } as never }), 'MASK_OPTION'],
    ['ratios above 1', () => patchMasking({ plan, positiveRatio: [0.5, 1.5] }), 'MASK_OPTION'],
    ['an even kernel', () => patchMasking({ plan, strategy: { kind: 'blur', kernel: 30 } }), 'MASK_OPTION'],
    ['a chance above 1', () => patchMasking({ plan, strategy: { kind: 'high-pass', focal: 2 } }), 'MASK_OPTION'],
    ['an unknown branch', () => branchPlan({ query: 'a', key: 'b', branch: 'left' as 'key' }), 'MASK_OPTION'],
    ['a negative named as a view', () => branchPlan({ query: 'a', key: 'b', negatives: ['a'] }), 'VIEW_NAME_TAKEN'],
    ['a block as a negative', () => blockMasking({ plan }), 'MASK_OPTION'],
    ['an aspect of 0', () => blockMasking({ plan: positives, aspect: [0, 1] }), 'MASK_OPTION'],
    ['an unknown fill', () => cutOutMasking({ plan: positives, fill: { kind: 'red' } as never }), 'MASK_OPTION'],
    ['a view without a size', () => patchMasking({ plan }).noise(batchOf(2, 8, ['a'])), 'MISSING_VIEW'],
    [
      'a missing view',
      () => patchMasking({ plan }).apply({ b: images(1, 16) }, { a: maps(1, 7), b: maps(1, 7) }, {}),
      'MISSING_VIEW',
    ],
    [
      'missing noise',
      () =>
        patchMasking({ plan }).apply(
          inputsFor(patchMasking({ plan }), 1, 16).views,
          { a: maps(1, 7), b: maps(1, 7) },
          {},
        ),
      'MISSING_NOISE',
    ],
    [
      'missing saliency',
      () => patchMasking({ plan }).apply({ a: images(1, 16), b: images(1, 16) }, {}, {}),
      'MISSING_VIEW',
    ],
    [
      'a grid finer than the view',
      () => applied(patchMasking({ plan, grid: 9, strategy: { kind: 'mean' } }), 1, 8),
      'GRID_TOO_FINE',
    ],
    ['a kernel longer than the view', () => highPass(images(1, 8), { kernel: 19 }), 'KERNEL_TOO_LONG'],
    ['an image without a batch', () => highPass(tf.zeros([8, 8, 3])), 'IMAGE_SHAPE'],
  ])('refuses %s', (_what, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
