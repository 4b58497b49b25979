import * as augmentations from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function noise(width: number, height: number, seed = 0): Raster {
  const random = randomStream(seed, 'noise');
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 256)) };
}

function uniform(width: number, height: number, level: number): Raster {
  return { width, height, data: new Uint8Array(width * height * 3).fill(level) };
}

const level = ({ width, data }: Raster, x: number, y: number, channel: number): number =>
  data[(y * width + x) * 3 + channel]!;

describe('flips', () => {
  it('move every pixel', () => {
    const image = noise(7, 4);
    const horizontal = augmentations.flipHorizontal(image);
    const vertical = augmentations.flipVertical(image);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 7; x++) {
        for (let channel = 0; channel < 3; channel++) {
          expect(level(horizontal, x, y, channel)).toBe(level(image, 6 - x, y, channel));
          expect(level(vertical, x, y, channel)).toBe(level(image, x, 3 - y, channel));
        }
      }
    }
  });

  it('while resizing is the same as after', () => {
    for (const [width, height] of [
      [5, 9],
      [20, 4],
      [13, 11],
      [13, 5],
    ] as const) {
      const image = noise(13, 11);
      const after = augmentations.flipHorizontal(augmentations.resize(image, width, height));
      expect(augmentations.resize(image, width, height, 'bilinear', { flip: true })).toEqual(after);
    }
  });
});

describe('crops', () => {
  it('that leave the image are black there', () => {
    const image = uniform(4, 3, 50);
    const result = augmentations.crop(image, { x: -1, y: 2, width: 6, height: 2 });
    const channel = Array.from({ length: 12 }, (_, pixel) => result.data[pixel * 3]);
    expect(channel).toEqual([0, 50, 50, 50, 50, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('wholly outside are black', () => {
    for (const [x, y] of [
      [10, 0],
      [-10, 0],
      [0, 10],
      [0, -10],
    ] as const) {
      const result = augmentations.crop(uniform(4, 3, 50), { x, y, width: 3, height: 2 });
      expect(result).toEqual(uniform(3, 2, 0));
    }
  });

  it('and resizing give what resizing a crop gives, in and out of the image', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 20 }),
        fc.integer({ min: -9, max: 20 }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (x, y, width, height, newWidth, newHeight) => {
          const image = noise(18, 14);
          const window = { x, y, width, height };
          const direct = augmentations.cropAndResize(image, window, newWidth, newHeight);
          expect(direct).toEqual(augmentations.resize(augmentations.crop(image, window), newWidth, newHeight));
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it('may be resized into the raster that they come from', () => {
    for (const crop of [
      { x: 2, y: 1, width: 5, height: 8 },
      { x: 0, y: 0, width: 9, height: 9 },
      { x: 1, y: 0, width: 5, height: 9 },
      { x: 0, y: 2, width: 9, height: 5 },
    ]) {
      const image = noise(9, 9);
      const fresh = augmentations.cropAndResize(image, crop, 9, 9);
      augmentations.cropAndResize(image, crop, 9, 9, 'bilinear', { out: image });
      expect(image).toEqual(fresh);
    }
  });
});

describe('blurs', () => {
  /** The definition, in double precision: a mirrored image, an outer product of two Gaussians. */
  function gaussianLoop(image: Raster, sigma: number, size: number): Float64Array {
    const { width, height } = image;
    const kernel = augmentations.gaussianKernel(size, sigma);
    const radius = (size - 1) / 2;
    const mirrored = (position: number, length: number): number => {
      const folded = Math.abs(position);
      return folded < length ? folded : 2 * length - 2 - folded;
    };
    const result = new Float64Array(image.data.length);
    for (let i = 0; i < result.length; i++) {
      const channel = i % 3;
      const x = Math.floor(i / 3) % width;
      const y = Math.floor(i / 3 / width);
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          const value = level(image, mirrored(x + dx, width), mirrored(y + dy, height), channel);
          result[i]! += value * kernel[dx + radius]! * kernel[dy + radius]!;
        }
      }
    }
    return result;
  }

  it.each([
    [0.1, 23],
    [0.5, 5],
    [1, 7],
    [2, 23],
    [3.7, 3],
    [30, 25],
  ])('Gaussian with sigma %d and %d taps is within one level of its definition', (sigma, kernelSize) => {
    const image = noise(17, 15);
    const got = augmentations.gaussianBlur(image, sigma, { kernelSize }).data;
    const want = gaussianLoop(image, sigma, kernelSize);
    let worst = 0;
    for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i]! - want[i]!));
    expect(worst).toBeLessThan(0.6);
  });

  it('leave uniform images as they are, black and white included', () => {
    for (const shade of [0, 1, 127, 254, 255]) {
      const image = uniform(130, 121, shade);
      for (const [sigma, kernelSize] of [
        [0.1, 3],
        [2, 23],
        [40, 241],
      ] as const) {
        expect(augmentations.gaussianBlur(image, sigma, { kernelSize })).toEqual(image);
        expect(augmentations.boxBlur(image, sigma)).toEqual(image);
      }
    }
  });

  it('take SimCLR’s kernel by default', () => {
    expect([224, 32, 64, 96, 1].map(augmentations.defaultKernelSize)).toEqual([23, 3, 7, 9, 1]);
    const image = noise(70, 64);
    const explicit = augmentations.gaussianBlur(image, 2, { kernelSize: 7 });
    expect(augmentations.gaussianBlur(image, 2)).toEqual(explicit);
  });

  it('commute with flips', () => {
    const image = noise(21, 13);
    for (const blur of [
      (raster: Raster) => augmentations.gaussianBlur(raster, 1.3, { kernelSize: 9 }),
      (raster: Raster) => augmentations.boxBlur(raster, 1.3),
    ]) {
      const flippedFirst = blur(augmentations.flipHorizontal(image));
      expect(flippedFirst).toEqual(augmentations.flipHorizontal(blur(image)));
    }
  });

  it('refuse a kernel that the picture cannot mirror', () => {
    expect(() => augmentations.gaussianBlur(noise(20, 5), 1, { kernelSize: 11 })).toThrow(/KERNEL_TOO_LARGE.*11 taps/);
  });
});

describe('rotation', () => {
  it('by quarter turns moves pixels exactly', () => {
    const image = noise(6, 6);
    const quarter = augmentations.rotate(image, 90);
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 6; x++) expect(level(quarter, x, y, 0)).toBe(level(image, 5 - y, x, 0));
    const full = [90, 90, 90, 90].reduce((turned, degrees) => augmentations.rotate(turned, degrees), image);
    expect(full).toEqual(image);
    expect(augmentations.rotate(image, -90)).toEqual(augmentations.rotate(image, 270));
    expect(augmentations.rotate(augmentations.rotate(image, 90), 90)).toEqual(augmentations.rotate(image, 180));
  });

  // Pillow 13.0.0: Image.rotate of the 5 x 4 image whose red level is 12 * pixel number.
  const ramp: Raster = {
    width: 5,
    height: 4,
    data: Uint8Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 4 * i : 0)),
  };
  const red = (raster: Raster): number[] => Array.from(raster.data).filter((_, i) => i % 3 === 0);

  it('equals Pillow by 30 degrees, nearest', () => {
    expect(red(augmentations.rotate(ramp, 30, { fill: 9 }))).toEqual([
      9, 24, 36, 108, 108, 12, 72, 84, 156, 168, 60, 72, 144, 156, 216, 120, 120, 192, 204, 9,
    ]);
  });

  it('equals Pillow by -50 degrees, bilinear', () => {
    expect(red(augmentations.rotate(ramp, -50, { filter: 'bilinear' }))).toEqual([
      124, 80, 42, 17, 0, 166, 128, 90, 51, 34, 193, 176, 137, 99, 61, 0, 210, 185, 147, 103,
    ]);
  });
});

describe('normalise', () => {
  const mean = [0.485, 0.456, 0.406] as const;
  const std = [0.229, 0.224, 0.225] as const;

  it('is (value / 255 - mean) / std for every value', () => {
    const image: Raster = {
      width: 16,
      height: 16,
      data: Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)),
    };
    const result = augmentations.normalise(image, mean, std);
    result.forEach((value, i) => {
      const channel = i % 3;
      const exact = (image.data[i]! / 255 - mean[channel]!) / std[channel]!;
      expect(Math.abs(value - exact)).toBeLessThan(5e-7);
    });
  });

  it('writes into a part of a batch', () => {
    const image = noise(3, 2);
    const batch = new Float32Array(40).fill(7);
    const target = batch.subarray(10, 28);
    expect(augmentations.normalise(image, mean, std, target)).toBe(target);
    expect(target).toEqual(augmentations.normalise(image, mean, std));
    expect([batch[9], batch[28]]).toEqual([7, 7]);
  });
});

describe('bad input', () => {
  const image = noise(4, 4);
  const rgba: Raster = { width: 4, height: 4, data: new Uint8Array(64) };

  it.each(
    Object.entries({
      resize: (raster: Raster) => augmentations.resize(raster, 2, 2),
      cropAndResize: (raster: Raster) => augmentations.cropAndResize(raster, { x: 0, y: 0, width: 1, height: 1 }, 2, 2),
      brightness: (raster: Raster) => augmentations.brightness(raster, 1),
      contrast: (raster: Raster) => augmentations.contrast(raster, 1),
      saturation: (raster: Raster) => augmentations.saturation(raster, 1),
      hue: (raster: Raster) => augmentations.hue(raster, 0.1),
      grayscale: (raster: Raster) => augmentations.grayscale(raster),
      gaussianBlur: (raster: Raster) => augmentations.gaussianBlur(raster, 1),
      boxBlur: (raster: Raster) => augmentations.boxBlur(raster, 1),
      solarize: (raster: Raster) => augmentations.solarize(raster),
      posterize: (raster: Raster) => augmentations.posterize(raster, 4),
      equalize: (raster: Raster) => augmentations.equalize(raster),
      autocontrast: (raster: Raster) => augmentations.autocontrast(raster),
      rotate: (raster: Raster) => augmentations.rotate(raster, 10),
      flipHorizontal: (raster: Raster) => augmentations.flipHorizontal(raster),
      flipVertical: (raster: Raster) => augmentations.flipVertical(raster),
      normalise: (raster: Raster) => augmentations.normalise(raster, [0, 0, 0], [1, 1, 1]),
      centreCrop: (raster: Raster) => augmentations.centreCrop(raster, 2, 2),
      crop: (raster: Raster) => augmentations.crop(raster, { x: 0, y: 0, width: 1, height: 1 }),
    }),
  )('%s names itself and what is wrong with an image of four channels', (name, operation) => {
    expect(() => operation(rgba)).toThrow(new RegExp(`BAD_RASTER.*64 bytes.*${name}`));
    expect(() => operation(image)).not.toThrow();
  });

  it.each([
    [() => augmentations.brightness(image, -1), /BAD_VALUE.*-1.*brightness, factor/],
    [() => augmentations.contrast(image, Number.NaN), /BAD_VALUE.*NaN/],
    [() => augmentations.hue(image, 0.6), /BAD_VALUE.*-0\.5 to 0\.5/],
    [() => augmentations.solarize(image, 257), /BAD_VALUE/],
    [() => augmentations.posterize(image, 2.5), /BAD_VALUE.*whole/],
    [() => augmentations.gaussianBlur(image, 0), /BAD_VALUE.*positive/],
    [() => augmentations.gaussianBlur(image, 1, { kernelSize: 2 }), /BAD_VALUE.*odd/],
    [() => augmentations.boxBlur(image, -1), /BAD_VALUE/],
    [() => augmentations.resize(image, 0, 4), /BAD_SIZE.*0 x 4/],
    [() => augmentations.resize(image, 2, 2, 'bicubc' as 'bicubic'), /UNKNOWN_FILTER.*Did you mean bicubic/],
    [() => augmentations.resize(image, 2, 2, 'box', { window: { x0: 1, y0: 0, x1: 5, y1: 2 } }), /BAD_WINDOW/],
    [() => augmentations.cropAndResize(image, { x: 0.5, y: 0, width: 2, height: 2 }, 2, 2), /BAD_WINDOW.*0\.5/],
    [() => augmentations.cropAndResize(image, { x: 0, y: 0, width: 0, height: 2 }, 2, 2), /BAD_(SIZE|WINDOW)/],
    [() => augmentations.grayscale(image, { out: noise(4, 5) }), /BAD_SIZE.*4 x 4.*4 x 5/],
    [() => augmentations.normalise(image, [0, 0, 0], [1, 0, 1]), /BAD_VALUE.*std/],
    [() => augmentations.normalise(image, [0, 0, 0], [1, 1, 1], new Float32Array(5)), /BAD_SIZE.*48 values/],
    [() => augmentations.rotate(image, 5, { filter: 'cubic' as 'bilinear' }), /UNKNOWN_FILTER/],
  ])('%s', (operation, message) => {
    expect(operation).toThrow(message);
  });
});
