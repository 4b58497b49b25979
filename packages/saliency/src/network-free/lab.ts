/** Three planes of a colour space, row by row. */
export type ColourPlanes = readonly [Float64Array, Float64Array, Float64Array];

/** The reference white of daylight (D65), and where the cube root of CIELAB turns into a line. */
const WHITE = [0.950456, 1, 1.088754] as const;
const THRESHOLD = 0.008856;

/** CIELAB planes (L from 0 to 100) of interleaved sRGB values from 0 to 255. */
export function labPlanes(rgb: ArrayLike<number>): ColourPlanes {
  const pixels = rgb.length / 3;
  const planes = [new Float64Array(pixels), new Float64Array(pixels), new Float64Array(pixels)] as const;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const red = linear(rgb[3 * pixel]! / 255);
    const green = linear(rgb[3 * pixel + 1]! / 255);
    const blue = linear(rgb[3 * pixel + 2]! / 255);
    const x = bent((0.412453 * red + 0.35758 * green + 0.180423 * blue) / WHITE[0]);
    const y = bent((0.212671 * red + 0.71516 * green + 0.072169 * blue) / WHITE[1]);
    const z = bent((0.019334 * red + 0.119193 * green + 0.950227 * blue) / WHITE[2]);
    planes[0][pixel] = 116 * y - 16;
    planes[1][pixel] = 500 * (x - y);
    planes[2][pixel] = 200 * (y - z);
  }
  return planes;
}

/** Undoes the gamma of sRGB. */
function linear(value: number): number {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
}

function bent(value: number): number {
  return value > THRESHOLD ? Math.cbrt(value) : 7.787 * value + 16 / 116;
}
