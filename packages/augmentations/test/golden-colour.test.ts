import {
  applyOperations,
  autocontrast,
  boxBlur,
  brightness,
  contrast,
  equalize,
  flipHorizontal,
  gaussianBlur,
  gaussianKernel,
  grayscale,
  hue,
  hueOffset,
  type Operation,
  posterize,
  saturation,
  solarize,
} from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { available, type GoldenImage, goldenCases, raster } from './golden-images.ts';

interface ColourArgs {
  readonly image: GoldenImage;
  readonly factor: number;
  readonly threshold: number;
  readonly bits: number;
  readonly radius: number;
  readonly kernel: number;
  readonly sigma: number;
  readonly steps: readonly (readonly [string, number])[];
}

const step = ([kind, factor]: readonly [string, number]): Operation =>
  kind === 'hue' ? { kind, turn: factor } : { kind: kind as 'brightness', factor };

const exact: Record<string, (image: Raster, args: ColourArgs) => Raster> = {
  brightness: (image, { factor }) => brightness(image, factor),
  contrast: (image, { factor }) => contrast(image, factor),
  saturation: (image, { factor }) => saturation(image, factor),
  hue: (image, { factor }) => hue(image, factor),
  grayscale: (image) => grayscale(image),
  solarize: (image, { threshold }) => solarize(image, threshold),
  posterize: (image, { bits }) => posterize(image, bits),
  equalize: (image) => equalize(image),
  autocontrast: (image) => autocontrast(image),
  hflip: (image) => flipHorizontal(image),
  gaussianBlurPil: (image, { radius }) => boxBlur(image, radius),
  colourJitter: (image, { steps }) => applyOperations(image, steps.map(step)),
};

describe.skipIf(!available)('colour operations equal Pillow and torchvision bit for bit (needs shared/golden)', () => {
  for (const [name, operation] of Object.entries(exact)) {
    it.each(goldenCases<ColourArgs, GoldenImage>('colour', name))(`${name} $id`, ({ args, expected }) => {
      const image = raster(args.image);
      expect(operation(image, args)).toEqual(raster(expected));
      expect(image, 'the input is left as it was').toEqual(raster(args.image));
    });

    it(`${name} has reference values`, () => {
      expect(goldenCases('colour', name).length).toBeGreaterThan(0);
    });
  }

  it.each(goldenCases<ColourArgs, GoldenImage>('colour', 'gaussianBlur'))(
    'gaussianBlur within one level, $id',
    ({ args, expected }) => {
      const result = gaussianBlur(raster(args.image), args.sigma, { kernelSize: args.kernel });
      expectClose(result.data, expected.data, { abs: 1, rel: 0 });
      const differing = expected.data.filter((value, i) => value !== result.data[i]).length;
      expect(differing / expected.data.length).toBeLessThan(0.03);
    },
  );

  it.each(goldenCases<ColourArgs, number[]>('colour', 'gaussianKernel'))('gaussianKernel $id', ({ args, expected }) => {
    expectClose(gaussianKernel(args.kernel, args.sigma), expected, { abs: 1e-6, rel: 1e-6 });
  });

  it.each(goldenCases<{ factors: number[] }, number[]>('colour', 'hueOffset'))('hueOffset', ({ args, expected }) => {
    expect(args.factors.map(hueOffset)).toEqual(expected);
  });

  it('tries all 24 orders of the jitter', () => {
    const orders = goldenCases<ColourArgs, GoldenImage>('colour', 'colourJitter')
      .map(({ args }) => args.steps.map(([kind]) => kind).join())
      .filter((order) => order.split(',').length === 4);
    expect(new Set(orders).size).toBe(24);
  });
});
