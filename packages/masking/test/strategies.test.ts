import {
  branchPlan,
  gaussianBlur,
  highPass,
  type Masker,
  patchMasking,
  type StrategySpec,
  scaledKernel,
} from '@ssl-scene/masking';
import { tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, images, maps, upload } from './batch.ts';
import {
  blurred,
  channelMeans,
  difference,
  eachPixelOfPatch,
  firstByRank,
  foreground,
  negativePatches,
  positivePatches,
  type Square,
} from './reference.ts';

const backends = await availableBackends(useBackend);
const IMAGES = 6;

type Noise = ReturnType<Masker['noise']>;

/** One image's rows of an array; all of an array that the batch shares. */
const rows = (noise: Noise, name: string, image: number): Float32Array => {
  const { data, shape } = noise[name]!;
  const length = data.length / shape[0]!;
  const from = shape[0] === 1 ? 0 : image * length;
  return data.subarray(from, from + length);
};

interface Scene {
  readonly grid: number;
  readonly noise: Noise;
  /** Name of the masked view. */
  readonly name: string;
  readonly kind: 'positive' | 'negative';
}

/** The patches that an image's mask has in one of its choices. */
function patchesOf({ grid, noise, name, kind }: Scene, map: number[], image: number, choice: number, capped: boolean) {
  const cells = grid * grid;
  const salient = foreground(map);
  const count = salient.reduce((sum, flag) => sum + flag, 0);
  const alpha = rows(noise, `${name}.ratio`, image)[0]!;
  const ranks = rows(noise, `${name}.ranks`, image).subarray(choice * cells, (choice + 1) * cells);
  if (kind === 'negative') return firstByRank(salient, ranks, negativePatches(alpha, count, cells, capped));
  const [inForeground, inBackground] = positivePatches(alpha, count, cells);
  const background = salient.map((flag) => 1 - flag);
  return [...firstByRank(salient, ranks, inForeground), ...firstByRank(background, ranks, inBackground)];
}

/** Mean fill or blur of one image. */
function covered(view: Square, fill: (place: number) => number, patches: number[], grid: number): Float64Array {
  const out = view.data.slice();
  for (const patch of patches) {
    eachPixelOfPatch(patch, view.side, grid, (y, x) => {
      for (let c = 0; c < 3; c++) out[(y * view.side + x) * 3 + c] = fill((y * view.side + x) * 3 + c);
    });
  }
  return out;
}

/** High-pass masking of one image, its view filtered already. */
function highPassMasked(view: Square, scene: Scene, map: number[], image: number): Float64Array {
  const { noise, name, kind, grid } = scene;
  const of = (what: string): Float32Array => rows(noise, `${name}.${what}`, image);
  const out = view.data.slice();
  const place = (y: number, x: number, c: number): number => (y * view.side + x) * 3 + c;
  const [focal, spatial] = of('mode');
  if (focal === 1) {
    const [top, left, bottom, right] = of('window') as unknown as [number, number, number, number];
    for (let y = 0; y < view.side; y++) {
      for (let x = 0; x < view.side; x++) {
        const inside = y >= top && y < bottom && x >= left && x < right;
        if (inside !== (kind === 'negative')) continue;
        for (let c = 0; c < 3; c++) out[place(y, x, c)] = of('surroundings')[place(y, x, c)]!;
      }
    }
    return out;
  }
  for (let c = 0; c < 3; c++) {
    for (const patch of patchesOf(scene, map, image, spatial === 1 ? 0 : c, true)) {
      eachPixelOfPatch(patch, view.side, grid, (y, x) => {
        const fill = spatial === 1 ? of('spatialTile')[place(y, x, c)] : of('channelTile')[y * view.side + x];
        out[place(y, x, c)] = fill!;
      });
    }
  }
  return out;
}

function expected(strategy: StrategySpec, view: Square, scene: Scene, map: number[], image: number): Float64Array {
  if (strategy.kind === 'high-pass') {
    const { kernel, sigma } = strategy as { kernel: number; sigma: number };
    return highPassMasked(difference(view, blurred(view, kernel, sigma)), scene, map, image);
  }
  const patches = patchesOf(scene, map, image, 0, false);
  if (strategy.kind === 'mean') {
    const means = channelMeans(view);
    return covered(view, (place) => means[place % 3]!, patches, scene.grid);
  }
  const { kernel, sigma } = strategy as { kernel: number; sigma: number };
  const blur = blurred(view, kernel, sigma);
  return covered(view, (place) => blur.data[place]!, patches, scene.grid);
}

const STRATEGIES: StrategySpec[] = [
  { kind: 'high-pass', kernel: 5, sigma: 2 },
  { kind: 'blur', kernel: 7, sigma: 3 },
  { kind: 'mean' },
];

describe.each(backends)('strategies on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(
    STRATEGIES.flatMap((strategy) =>
      [
        [35, 7],
        [16, 7],
        [12, 4],
      ].map(([side, grid]) => [strategy.kind, side!, grid!, strategy] as const),
    ),
  )('%s of %i pixels in a grid of %i equals plain loops', (_kind, side, grid, strategy) => {
    const plan = branchPlan({ query: 'a', key: 'b', negatives: ['v'] });
    const masker = patchMasking({ plan, strategy, grid });
    // A seed with which the six images have all three modes.
    const noise = masker.noise(batchOf(IMAGES, side, ['a', 'b'], 4));
    tf.tidy(() => {
      const views = { a: images(IMAGES, side, 'a'), b: images(IMAGES, side, 'b') };
      const saliency = { a: maps(IMAGES, grid, 'a'), b: maps(IMAGES, grid, 'b') };
      const masked = masker.apply(views, saliency, upload(noise)).views;
      for (const [name, from, kind] of [
        ['a', 'a', 'positive'],
        ['v', 'b', 'negative'],
      ] as const) {
        const pixels = side * side * 3;
        const got = masked[name]!.dataSync();
        const input = views[from].dataSync();
        const cells = saliency[from].dataSync();
        for (let image = 0; image < IMAGES; image++) {
          const data = Float64Array.from(input.subarray(image * pixels, (image + 1) * pixels));
          const map = [...cells.subarray(image * grid * grid, (image + 1) * grid * grid)];
          const wanted = expected(strategy, { side, channels: 3, data }, { grid, noise, name, kind }, map, image);
          expectClose(got.subarray(image * pixels, (image + 1) * pixels), wanted, { abs: 3e-6 }, `${name} ${image}`);
        }
      }
    });
  });
});

describe('kernels at other sizes', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it.each([
    [224, 11, 31],
    [112, 5, 15],
    [96, 5, 13],
    [32, 3, 5],
    [16, 3, 3],
  ])('%i pixels: lengths %i and %i, sigma in proportion', (side, highPassLength, blurLength) => {
    expect(scaledKernel({ kernel: 11, sigma: 5 }, side)).toEqual({
      kernel: highPassLength,
      sigma: (5 * highPassLength) / 11,
    });
    expect(scaledKernel({ kernel: 31, sigma: 10 }, side).kernel).toBe(blurLength);
  });

  it('are the defaults', () => {
    tf.tidy(() => {
      const view = images(1, 32);
      const blur = gaussianBlur(view, { kernel: 3, sigma: 15 / 11 });
      expectClose(highPass(view).dataSync(), tf.sub(view, blur).dataSync(), { abs: 1e-7 });
    });
  });
});

describe('high-pass masks', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  const plan = branchPlan({ query: 'a', key: 'b', negatives: ['v'] });
  const count = (values: Float32Array, test: (value: number) => boolean): number => values.filter(test).length;

  it('the modes are as frequent as the paper says: 0.20, 0.24, 0.56', () => {
    const modes = patchMasking({ plan }).noise(batchOf(20_000, 14, ['a', 'b']))['a.mode']!.data;
    const share = (mode: number): number =>
      count(
        modes.filter((_, index) => index % 3 === mode),
        (flag) => flag === 1,
      ) / 20_000;
    // Five standard errors.
    expect(Math.abs(share(0) - 0.2)).toBeLessThan(0.015);
    expect(Math.abs(share(1) - 0.24)).toBeLessThan(0.016);
    expect(Math.abs(share(2) - 0.56)).toBeLessThan(0.018);
    expect(share(0) + share(1) + share(2)).toBe(1);
  });

  it('windows are of 200 and 130 of 224 pixels, anywhere inside, and in proportion at other sizes', () => {
    const boxes = (side: number, name: string): number[][] => {
      const masker = patchMasking({ plan, strategy: { kind: 'high-pass', freshNoise: 'none' } });
      const { data } = masker.noise(batchOf(2000, side, ['a', 'b']))[`${name}.window`]!;
      return Array.from({ length: 2000 }, (_, image) => [...data.subarray(4 * image, 4 * image + 4)]);
    };
    for (const [side, name, length] of [
      [224, 'a', 200],
      [224, 'v', 130],
      [32, 'a', 29],
      [32, 'v', 19],
    ] as const) {
      const all = boxes(side, name);
      expect(all.every(([top, left, bottom, right]) => bottom! - top! === length && right! - left! === length)).toBe(
        true,
      );
      expect(new Set(all.map(([top]) => top)).size).toBe(side - length + 1);
      expect(Math.min(...all.map(([, left]) => left!))).toBe(0);
      expect(Math.max(...all.map(([, , , right]) => right!))).toBe(side);
    }
  });

  it('noise has the deviation of its kind, and one tile is laid into all patches', () => {
    const noise = patchMasking({ plan }).noise(batchOf(2, 112, ['a', 'b']));
    const deviation = (name: string): number => {
      const values = noise[name]!.data;
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    expect(deviation('a.spatialTile')).toBeGreaterThan(0.16);
    expect(deviation('a.spatialTile')).toBeLessThan(0.2);
    expect(Math.abs(deviation('v.surroundings') - 0.14)).toBeLessThan(0.004);
    expect(noise['a.spatialTile']!.shape).toEqual([1, 112, 112, 3]);
    expect(noise['a.channelTile']!.shape).toEqual([1, 112, 112, 1]);
    const tile = noise['a.channelTile']!.data;
    for (const [y, x] of [
      [0, 0],
      [5, 9],
      [15, 15],
    ] as const) {
      const first = tile[y * 112 + x];
      expect(tile[(y + 16) * 112 + x]).toBe(first);
      expect(tile[(y + 96) * 112 + x + 48]).toBe(first);
    }
    expect(tile[16]).not.toBe(tile[17]);
  });

  it.each(['none', 'focal', 'all'] as const)('freshNoise %s: what is shared has one image', (freshNoise) => {
    const strategy = { kind: 'high-pass', freshNoise } as const;
    const masker = patchMasking({ plan, strategy });
    const noise = masker.noise(batchOf(40, 28, ['a', 'b']));
    const shapeOf = (name: string): number | undefined => noise[name]?.shape[0];
    const wanted = {
      none: [1, 1, 1, 1, undefined],
      focal: [1, 1, 40, 1, undefined],
      all: [undefined, undefined, undefined, undefined, 40],
    };
    const names = ['a.spatialTile', 'a.channelTile', 'a.surroundings', 'v.surroundings', 'a.fill'];
    expect(names.map(shapeOf)).toEqual(wanted[freshNoise]);
    tf.tidy(() => {
      const views = { a: tf.zeros([40, 28, 28, 3]), b: tf.zeros([40, 28, 28, 3]) };
      const saliency = { a: maps(40, 7), b: maps(40, 7) };
      const { views: masked, masks } = masker.apply(views, saliency, upload(noise));
      // High-passed zeros are zeros, so all that is there is noise, and it is where the mask is.
      expect(tf.max(tf.abs(tf.mul(masked.a!, tf.sub(1, masks.a!)))).arraySync()).toBe(0);
      const values = masked.a!.dataSync();
      const shown = values.filter((value) => value !== 0);
      expect(shown.length).toBe(tf.sum(masks.a!).arraySync());
    });
  });
});
