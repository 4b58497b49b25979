import {
  type Augmentation,
  applyOperations,
  createRasterEngine,
  cropAndResize,
  hue,
  normalise,
  type Operation,
  Pipeline,
  type PixelWindow,
  type RasterEngine,
  type ResampleFilter,
} from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function noise(width: number, height: number, seed = 0): Raster {
  const random = randomStream(seed, 'noise');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 256)) };
}

function load(engine: RasterEngine, image: Raster): void {
  engine.source(image.width, image.height).set(image.data);
}

/** Much faster than `toEqual` on long arrays. */
function expectSame(got: Raster, want: Raster, what = ''): void {
  expect([got.width, got.height, got.data.length], what).toEqual([want.width, want.height, want.data.length]);
  const first = got.data.findIndex((value, i) => value !== want.data[i]);
  expect(first, `${what}: first differing byte`).toBe(-1);
}

const whole = ({ width, height }: Raster): PixelWindow => ({ x: 0, y: 0, width, height });

const mean = [0.485, 0.456, 0.406] as const;
const std = [0.229, 0.224, 0.225] as const;

const everything: readonly Operation[] = [
  { kind: 'horizontal-flip' },
  { kind: 'vertical-flip' },
  { kind: 'brightness', factor: 1.37 },
  { kind: 'brightness', factor: 0 },
  { kind: 'brightness', factor: 1e30 },
  { kind: 'contrast', factor: 0.61 },
  { kind: 'contrast', factor: 7 },
  { kind: 'saturation', factor: 1.83 },
  { kind: 'saturation', factor: 0.2 },
  { kind: 'hue', turn: 0.1 },
  { kind: 'hue', turn: -0.37 },
  { kind: 'grayscale' },
  { kind: 'gaussian-blur', sigma: 0.13 },
  { kind: 'gaussian-blur', sigma: 1.9 },
  { kind: 'gaussian-blur', sigma: 1.1, kernelSize: 3 },
  { kind: 'box-blur', radius: 0 },
  { kind: 'box-blur', radius: 0.1 },
  { kind: 'box-blur', radius: 1.4 },
  { kind: 'box-blur', radius: 13 },
  { kind: 'box-blur', radius: 60 },
  { kind: 'solarize', threshold: 0 },
  { kind: 'solarize', threshold: 127.5 },
  { kind: 'solarize', threshold: 255 },
  { kind: 'solarize', threshold: 256 },
  { kind: 'posterize', bits: 0 },
  { kind: 'posterize', bits: 3 },
  { kind: 'posterize', bits: 8 },
  { kind: 'equalize' },
  { kind: 'autocontrast' },
  { kind: 'rotate', degrees: 33, filter: 'bilinear', fill: 3 },
];

const kinds = ['wasm', 'typescript'] as const;

describe.each(kinds)('the engine %s gives the bits of the functions', (kind) => {
  const engine = createRasterEngine({ kind });

  it('is what was asked for', () => {
    expect(engine.kind).toBe(kind);
  });

  it.each(everything)('%j at every width from 3 to 40', (operation) => {
    for (let width = 3; width <= 40; width++) {
      const image = noise(width, 3 + ((width * 7) % 31), width);
      load(engine, image);
      engine.cropAndResize(whole(image), image.width, image.height);
      engine.apply([operation]);
      expectSame(engine.raster(), applyOperations(image, [operation]), `width ${width}`);
    }
  });

  it('resizing, with all filters, orders, flips, and crops beyond the image', () => {
    fc.assert(
      fc.property(
        fc.record({
          x: fc.integer({ min: -8, max: 50 }),
          y: fc.integer({ min: -8, max: 50 }),
          width: fc.integer({ min: 1, max: 70 }),
          height: fc.integer({ min: 1, max: 70 }),
        }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom<ResampleFilter>('bilinear', 'bicubic', 'box', 'hamming', 'lanczos'),
        fc.boolean(),
        fc.constantFrom<'pillow-13' | 'horizontal-first'>('pillow-13', 'horizontal-first'),
        fc.integer({ min: 0, max: 3 }),
        (crop, width, height, filter, flip, passOrder, seed) => {
          const image = noise(61 - seed * 9, 40 + seed * 11, seed);
          load(engine, image);
          engine.cropAndResize(crop, width, height, { filter, flip, passOrder });
          const expected = cropAndResize(image, crop, width, height, filter, { flip, passOrder });
          expectSame(engine.raster(), expected);
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it('resizing black and white stripes, where filters overshoot most', () => {
    const image: Raster = {
      width: 48,
      height: 48,
      data: Uint8Array.from({ length: 6912 }, (_, i) => (i % 7 < 3 ? 255 : 0)),
    };
    for (const filter of ['bicubic', 'lanczos'] as const) {
      for (const side of [1, 5, 17, 31, 47, 48, 90]) {
        load(engine, image);
        engine.cropAndResize(whole(image), side, side, { filter });
        expectSame(engine.raster(), cropAndResize(image, whole(image), side, side, filter), `${filter} ${side}`);
      }
    }
  });

  it('whole pipelines, many views of growing and shrinking images', () => {
    const augmentations: Augmentation[] = [
      { kind: 'horizontal-flip' },
      { kind: 'colour-jitter', brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2, p: 0.8 },
      { kind: 'grayscale', p: 0.2 },
      { kind: 'gaussian-blur' },
      { kind: 'gaussian-blur', method: 'pillow' },
      { kind: 'solarize' },
    ];
    const pipeline = new Pipeline(augmentations);
    const random = randomStream(0, 'views');
    for (let view = 0; view < 60; view++) {
      const image = noise(random.integer(1, 400), random.integer(1, 300), view);
      const crop = {
        x: random.integer(0, image.width),
        y: random.integer(0, image.height),
        width: random.integer(1, image.width + 1),
        height: random.integer(1, image.height + 1),
      };
      const [width, height] = [random.integer(1, 120), random.integer(1, 120)];
      const operations = pipeline.draw(random);
      load(engine, image);
      engine.cropAndResize(crop, width, height);
      engine.apply(operations);
      const expected = applyOperations(cropAndResize(image, crop, width, height), operations);
      expectSame(engine.raster(), expected, `view ${view}`);
      expectSame({ width, height, data: engine.bytes() }, expected);
      const batch = new Float32Array(expected.data.length + 2).fill(7);
      const target = batch.subarray(1, batch.length - 1);
      expect(engine.normalise(mean, std, target)).toBe(target);
      const numbers = normalise(expected, mean, std);
      expect(target.findIndex((value, i) => value !== numbers[i])).toBe(-1);
      expect([batch[0], batch[batch.length - 1]]).toEqual([7, 7]);
      expect(engine.normalise(mean, std).findIndex((value, i) => value !== numbers[i])).toBe(-1);
    }
  });

  it('several views of one image', () => {
    const image = noise(90, 70);
    load(engine, image);
    for (const side of [8, 200, 33]) {
      const crop = { x: 3, y: 4, width: 50, height: 60 };
      engine.cropAndResize(crop, side, side);
      engine.apply([{ kind: 'hue', turn: 0.3 }]);
      expectSame(engine.raster(), hue(cropAndResize(image, crop, side, side), 0.3), `side ${side}`);
    }
  });

  it('hue for all colours', () => {
    const image = { width: 256, height: 256, data: new Uint8Array(65536 * 3) };
    for (let red = 0; red < 256; red++) {
      for (let rest = 0; rest < 65536; rest++) {
        image.data[rest * 3] = red;
        image.data[rest * 3 + 1] = rest >> 8;
        image.data[rest * 3 + 2] = rest & 255;
      }
      load(engine, image);
      engine.cropAndResize(whole(image), 256, 256);
      engine.apply([{ kind: 'hue', turn: 0.1 }]);
      expectSame(engine.raster(), hue(image, 0.1), `red ${red}`);
    }
  });

  it('hue for all combinations of value, saturation and turned hue', () => {
    // All colours of hue 0: red largest, green and blue equal. Turning them by all 256 offsets gives every hue.
    const data = new Uint8Array(256 * 256 * 3);
    for (let pixel = 0; pixel < 65536; pixel++) {
      data[pixel * 3] = Math.max(pixel >> 8, pixel & 255);
      data.fill(Math.min(pixel >> 8, pixel & 255), pixel * 3 + 1, pixel * 3 + 3);
    }
    const image = { width: 256, height: 256, data };
    for (let offset = -127; offset <= 127; offset++) {
      const turn = (offset + Math.sign(offset) * 0.25) / 255;
      load(engine, image);
      engine.cropAndResize(whole(image), 256, 256);
      engine.apply([{ kind: 'hue', turn }]);
      expectSame(engine.raster(), hue(image, turn), `turn ${turn}`);
    }
  });

  describe('bad use', () => {
    it('names what is missing', () => {
      const fresh = createRasterEngine({ kind });
      expect(() => fresh.cropAndResize({ x: 0, y: 0, width: 1, height: 1 }, 1, 1)).toThrow(/NO_SOURCE/);
      load(fresh, noise(4, 4));
      expect(() => fresh.apply([])).toThrow(/NO_VIEW.*apply/);
      expect(() => fresh.normalise(mean, std)).toThrow(/NO_VIEW.*normalise/);
      expect(() => fresh.bytes()).toThrow(/NO_VIEW.*bytes/);
      expect(() => fresh.raster()).toThrow(/NO_VIEW.*raster/);
    });

    it('forgets the view with the image', () => {
      load(engine, noise(4, 4));
      engine.cropAndResize({ x: 0, y: 0, width: 2, height: 2 }, 2, 2);
      load(engine, noise(4, 4));
      expect(() => engine.raster()).toThrow(/NO_VIEW/);
    });

    it('says what is wrong with sizes and values', () => {
      expect(() => engine.source(0, 3)).toThrow(/BAD_SIZE.*source/);
      load(engine, noise(9, 9));
      const crop = { x: 0, y: 0, width: 9, height: 9 };
      expect(() => engine.cropAndResize(crop, 2.5, 3)).toThrow(/BAD_SIZE/);
      expect(() => engine.cropAndResize({ ...crop, width: 0 }, 2, 3)).toThrow(/BAD_SIZE/);
      expect(() => engine.cropAndResize({ ...crop, x: 0.5 }, 2, 3)).toThrow(/BAD_WINDOW/);
      expect(() => engine.cropAndResize(crop, 2, 3, { filter: 'cubic' as 'bicubic' })).toThrow(/UNKNOWN_FILTER/);
      engine.cropAndResize(crop, 9, 9);
      expect(() => engine.bytes(new Uint8Array(5))).toThrow(/BAD_SIZE.*243/);
      expect(() => engine.normalise(mean, std, new Float32Array(5))).toThrow(/BAD_SIZE.*243/);
      for (const [operation, message] of [
        [{ kind: 'brightness', factor: -1 }, /BAD_VALUE.*brightness/],
        [{ kind: 'contrast', factor: Number.NaN }, /BAD_VALUE.*contrast/],
        [{ kind: 'saturation', factor: -1 }, /BAD_VALUE.*saturation/],
        [{ kind: 'hue', turn: 2 }, /BAD_VALUE.*hue/],
        [{ kind: 'solarize', threshold: 257 }, /BAD_VALUE.*solarize/],
        [{ kind: 'posterize', bits: 1.5 }, /BAD_VALUE.*posterize/],
        [{ kind: 'gaussian-blur', sigma: 0 }, /BAD_VALUE.*sigma/],
        [{ kind: 'gaussian-blur', sigma: 1, kernelSize: 19 }, /KERNEL_TOO_LARGE/],
        [{ kind: 'box-blur', radius: -1 }, /BAD_VALUE.*boxBlur/],
        [{ kind: 'sharpen' } as unknown as Operation, /UNKNOWN_KIND.*sharpen/],
      ] as const) {
        expect(() => engine.apply([operation as Operation])).toThrow(message);
      }
    });
  });
});

describe('createRasterEngine', () => {
  it('takes WebAssembly by itself where it can', () => {
    expect(createRasterEngine().kind).toBe('wasm');
  });
});
