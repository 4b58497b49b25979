import {
  centreCrop,
  centreCropOffset,
  cropAndResize,
  type ResampleFilter,
  resize,
  resizeShorterSide,
  shorterSideSize,
} from '@ssl-scene/augmentations';
import { describe, expect, it } from 'vitest';
import { available, type GoldenImage, goldenCases, raster } from './golden-images.ts';

interface ResizeArgs {
  readonly image: GoldenImage;
  readonly width: number;
  readonly height: number;
  readonly filter: ResampleFilter;
}

interface WindowArgs extends ResizeArgs {
  readonly x: number;
  readonly y: number;
  readonly cropWidth: number;
  readonly cropHeight: number;
}

interface BothOrders {
  readonly data: readonly number[];
  readonly horizontalFirst: readonly number[];
}

const bytes = (data: readonly number[]): Uint8Array => Uint8Array.from(data);

const windowOf = ({ x, y, cropWidth, cropHeight }: WindowArgs) => ({
  x0: x,
  y0: y,
  x1: x + cropWidth,
  y1: y + cropHeight,
});

describe.skipIf(!available)('resizing equals Pillow bit for bit (needs shared/golden)', () => {
  it.each(goldenCases<ResizeArgs, GoldenImage>('resize', 'resize'))('resize $id', ({ args, expected }) => {
    const result = resize(raster(args.image), args.width, args.height, args.filter);
    expect(result).toEqual(raster(expected));
  });

  it.each(goldenCases<WindowArgs, GoldenImage>('resize', 'resizeWindow'))('resizeWindow $id', ({ args, expected }) => {
    const result = resize(raster(args.image), args.width, args.height, args.filter, { window: windowOf(args) });
    expect(result).toEqual(raster(expected));
  });

  it.each(goldenCases<WindowArgs, GoldenImage>('resize', 'cropThenResize'))(
    'cropThenResize $id',
    ({ args, expected }) => {
      const crop = { x: args.x, y: args.y, width: args.cropWidth, height: args.cropHeight };
      const result = cropAndResize(raster(args.image), crop, args.width, args.height, args.filter);
      expect(result).toEqual(raster(expected));
    },
  );

  it.each(goldenCases<ResizeArgs, BothOrders>('resize-pass-order', 'resize'))(
    'both pass orders, $id',
    ({ args, expected }) => {
      const image = raster(args.image);
      expect(resize(image, args.width, args.height, args.filter).data).toEqual(bytes(expected.data));
      const older = resize(image, args.width, args.height, args.filter, { passOrder: 'horizontal-first' });
      expect(older.data).toEqual(bytes(expected.horizontalFirst));
    },
  );

  it.each(goldenCases<WindowArgs, BothOrders>('resize-pass-order', 'resizeWindow'))(
    'both pass orders with a window, $id',
    ({ args, expected }) => {
      const image = raster(args.image);
      const window = windowOf(args);
      expect(resize(image, args.width, args.height, args.filter, { window }).data).toEqual(bytes(expected.data));
      const older = resize(image, args.width, args.height, args.filter, { window, passOrder: 'horizontal-first' });
      expect(older.data).toEqual(bytes(expected.horizontalFirst));
    },
  );

  it.each(
    goldenCases<{ size: number; images: readonly [number, number][] }, readonly [number, number][]>(
      'resize',
      'resizeShorterSide',
    ),
  )('shorter side $args.size', ({ args, expected }) => {
    const sizes = args.images.map(([width, height]) => shorterSideSize(width, height, args.size));
    expect(sizes).toEqual(expected.map(([width, height]) => ({ width, height })));
  });

  it.each(
    goldenCases<
      { cases: readonly { width: number; height: number; size: number }[] },
      readonly (readonly [number, number])[]
    >('resize', 'centreCropOffset'),
  )('centre crop offsets', ({ args, expected }) => {
    const offsets = args.cases.map(({ width, height, size }) => [
      centreCropOffset(width, size),
      centreCropOffset(height, size),
    ]);
    expect(offsets).toEqual(expected);
  });

  it.each(goldenCases<Omit<ResizeArgs, 'filter'>, GoldenImage>('resize', 'centreCrop'))(
    'centre crop, padded, $id',
    ({ args, expected }) => {
      expect(centreCrop(raster(args.image), args.width, args.height)).toEqual(raster(expected));
    },
  );

  it('covers every function of the two topics', () => {
    expect(goldenCases('resize', 'resize').length).toBeGreaterThan(50);
    expect(goldenCases('resize-pass-order', 'resize').length).toBeGreaterThan(5);
  });
});

describe('resizing without reference values', () => {
  const noise = raster({ width: 5, height: 3, data: Array.from({ length: 45 }, (_, i) => (i * 97) % 256) });

  it('A05: a centre crop beyond the image is padded with black on all sides', () => {
    const result = centreCrop(raster({ width: 5, height: 20, data: new Array(300).fill(200) }), 10, 10);
    expect([result.width, result.height]).toEqual([10, 10]);
    const firstRow = Array.from(result.data.subarray(0, 30)).filter((_, i) => i % 3 === 0);
    expect(firstRow).toEqual([0, 0, 200, 200, 200, 200, 200, 0, 0, 0]);
  });

  it('keeps an image of the right size as it is, with every filter', () => {
    for (const filter of ['bilinear', 'bicubic', 'box', 'hamming', 'lanczos'] as const) {
      expect(resize(noise, 5, 3, filter)).toEqual(noise);
    }
  });

  it('resizes the shorter side and keeps the ratio', () => {
    const result = resizeShorterSide(noise, 6);
    expect([result.width, result.height]).toEqual([10, 6]);
  });
});
