/**
 * Bilinear enlargement with half-pixel centres and no antialiasing, as PyTorch's
 * `interpolate(mode='bilinear', align_corners=False)`, in double precision. Values row by row, `height` times `width` of them.
 */
export function enlargeBilinear(
  values: ArrayLike<number>,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  // Along rows first, so that the many values of the second pass lie side by side.
  const wide = new Float64Array(toWidth * height);
  for (let x = 0; x < toWidth; x++) {
    const { low, high, fraction } = sourceOf(x, width, toWidth);
    for (let y = 0; y < height; y++) {
      wide[y * toWidth + x] = values[y * width + low]! * (1 - fraction) + values[y * width + high]! * fraction;
    }
  }
  const enlarged = new Float64Array(toWidth * toHeight);
  for (let y = 0, at = 0; y < toHeight; y++) {
    const { low, high, fraction } = sourceOf(y, height, toHeight);
    let above = low * toWidth;
    let below = high * toWidth;
    for (const end = at + toWidth; at < end; at++) {
      enlarged[at] = wide[above++]! * (1 - fraction) + wide[below++]! * fraction;
    }
  }
  return enlarged;
}

/** Between which two places of the original axis a place of the enlarged one lies, and how far towards the second. */
function sourceOf(place: number, inputs: number, outputs: number): { low: number; high: number; fraction: number } {
  const source = Math.max(((place + 0.5) * inputs) / outputs - 0.5, 0);
  const low = Math.floor(source);
  return { low, high: Math.min(low + 1, inputs - 1), fraction: source - low };
}
