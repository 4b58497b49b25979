import { join } from 'node:path';
import { ImageDecoder, isImageFault } from '@ssl-scene/datasets';
import type { Raster } from '@ssl-scene/geometry';
import { casesOf, type GoldenCase, sharedData } from '@ssl-scene/vitest-config/golden';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cases = casesOf('decode', 'decode');
const images = sharedData('awkward-images');

/** Formats that no decoder of ours reads. Pillow reads them, the last one as (nearly) black. */
const NOT_READ = ['colour/16bit.cropped.jp2', 'colour/lab.tif', 'colour/12bit.cropped.tif'];

/** Pillow truncates where it divides by a stored (premultiplied) alpha, libvips rounds. */
const MEAN_TOLERANCE: Readonly<Record<string, number>> = { 'colour/tiff_16bit_RGBa.tiff': 0.3 };

function channelMeans({ data }: Raster): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3]! += data[i]!;
  return sums.map((sum) => sum / (data.length / 3));
}

/** The pixels of a side whose centres lie in cell `cell` of eight; where there are fewer pixels than cells, the nearest one. */
function pixelsOfCell(size: number, cell: number): number[] {
  if (size < 8) return [Math.floor(((cell + 0.5) * size) / 8)];
  const [start, end] = [(cell * size) / 8, ((cell + 1) * size) / 8];
  return Array.from({ length: size }, (_, i) => i).filter((i) => i + 0.5 > start && i + 0.5 <= end);
}

/** Pillow's `resize((8, 8), BOX)`: means along rows, rounded to bytes, then means along columns, rounded. */
function thumbnail({ width, height, data }: Raster): number[] {
  const columns = Array.from({ length: 8 }, (_, cell) => pixelsOfCell(width, cell));
  const narrow = new Uint8Array(height * 8 * 3);
  for (let y = 0; y < height; y++) {
    for (const [cell, xs] of columns.entries()) {
      for (let channel = 0; channel < 3; channel++) {
        const sum = xs.reduce((total, x) => total + data[3 * (y * width + x) + channel]!, 0);
        narrow[(y * 8 + cell) * 3 + channel] = Math.round(sum / xs.length);
      }
    }
  }
  return Array.from({ length: 8 }, (_, cell) => {
    const ys = pixelsOfCell(height, cell);
    return Array.from({ length: 24 }, (_, i) =>
      Math.round(ys.reduce((sum, y) => sum + narrow[y * 24 + i]!, 0) / ys.length),
    );
  }).flat();
}

describe.skipIf(cases.length === 0 || images === undefined)('decoding as Pillow does (needs shared/golden)', () => {
  let decoder: ImageDecoder;
  beforeAll(() => {
    decoder = new ImageDecoder();
  });
  afterAll(() => decoder.close());

  const readable = cases.filter(({ args, expected }) => expected.error === undefined && !NOT_READ.includes(args.file));
  const refused = cases.filter(({ expected }) => expected.error !== undefined);

  it.each(readable.map((item) => [item.args.file as string, item] as const))('%s', async (file, item: GoldenCase) => {
    const raster = await decoder.decodeFile(join(images!, file));
    const { width, height, mean, thumbnail: cells } = item.expected;
    expect([raster.width, raster.height, raster.data.length]).toEqual([width, height, width * height * 3]);
    for (const [i, value] of channelMeans(raster).entries()) {
      expect(Math.abs(value - mean[i]), `mean ${i}: ${value}, want ${mean[i]}`).toBeLessThanOrEqual(
        MEAN_TOLERANCE[file] ?? item.tol.mean,
      );
    }
    for (const [i, value] of thumbnail(raster).entries()) {
      expect(Math.abs(value - cells[i]), `cell ${i}: ${value}, want ${cells[i]}`).toBeLessThanOrEqual(
        item.tol.thumbnail,
      );
    }
  });

  it.each(refused.map((item) => [item.args.file as string, item] as const))(
    '%s is refused',
    async (file, item: GoldenCase) => {
      const error = await decoder.decodeFile(join(images!, file)).catch((reason: unknown) => reason);
      expect(isImageFault(error), String(error)).toBe(true);
      expect((error as Error).message).toContain(file);
      if (item.expected.error === 'too-large') expect(error).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    },
  );

  it.each(NOT_READ)('%s is refused, because no decoder here knows it', async (file) => {
    const error = await decoder.decodeFile(join(images!, file)).catch((reason: unknown) => reason);
    expect(isImageFault(error), String(error)).toBe(true);
  });
});
