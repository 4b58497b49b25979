import type { Raster } from '@ssl-scene/geometry';

/** An RGB image, interleaved, in floating point. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  /** From 0 to 255. */
  readonly data: Float64Array;
}

/** Reduces an image to a longer side of at most `longestSide` pixels by averaging areas; smaller images stay as they are. */
export function reduced(image: Raster, longestSide: number): FloatImage {
  const factor = Math.max(image.width, image.height) / longestSide;
  if (factor <= 1) return { width: image.width, height: image.height, data: Float64Array.from(image.data) };
  const width = Math.max(1, Math.round(image.width / factor));
  const height = Math.max(1, Math.round(image.height / factor));
  const data = new Float64Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = 3 * (y * width + x);
      averageInto(data, pixel, image, [
        Math.floor((x * image.width) / width),
        Math.floor((y * image.height) / height),
        Math.floor(((x + 1) * image.width) / width),
        Math.floor(((y + 1) * image.height) / height),
      ]);
    }
  }
  return { width, height, data };
}

function averageInto(
  out: Float64Array,
  place: number,
  { width, data }: Raster,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): void {
  const count = (x1 - x0) * (y1 - y0);
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) sum += data[3 * (y * width + x) + channel]!;
    }
    out[place + channel] = sum / count;
  }
}
