/** Mirrors a place beyond an edge without repeating the edge itself (dcb|abcd|cba), as OpenCV's default border. */
export function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((place % period) + period) % period;
  return within < length ? within : period - within;
}

/** Filters rows and then columns with a kernel of odd length, mirroring at the edges. */
export function separableFilter(
  values: Float64Array,
  width: number,
  height: number,
  kernel: readonly number[],
): Float64Array {
  const radius = (kernel.length - 1) / 2;
  const across = new Float64Array(values.length);
  const filtered = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) {
        sum += kernel[tap]! * values[y * width + mirrored(x + tap - radius, width)]!;
      }
      across[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) {
        sum += kernel[tap]! * across[mirrored(y + tap - radius, height) * width + x]!;
      }
      filtered[y * width + x] = sum;
    }
  }
  return filtered;
}

/** Gaussian weights of odd length that add up to 1. */
export function gaussianKernel(length: number, sigma: number): number[] {
  const weights = Array.from({ length }, (_, tap) => Math.exp(-((tap - (length - 1) / 2) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
