/** Where each place of an enlarged axis lies between two places of the original one. */
interface AxisSources {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Distance from `low` towards `high`, from 0 to 1. */
  readonly fraction: Float64Array;
}

/**
 * Bilinear enlargement with half-pixel centres and no antialiasing, as PyTorch's
 * `interpolate(mode='bilinear', align_corners=False)`, in double precision. Values row by row, `height` times `width` of them.
 */
export function enlargeBilinear(
  values: ArrayLike<number>,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  const rows = sourcesOf(height, toHeight);
  const { low, high, fraction } = width === height && toWidth === toHeight ? rows : sourcesOf(width, toWidth);
  // Along rows first, so that the many values of the second pass lie side by side.
  const wide = new Float64Array(toWidth * height);
  for (let y = 0, at = 0; y < height; y++) {
    const line = y * width;
    for (let x = 0; x < toWidth; x++, at++) {
      const right = fraction[x]!;
      wide[at] = values[line + low[x]!]! * (1 - right) + values[line + high[x]!]! * right;
    }
  }
  const enlarged = new Float64Array(toWidth * toHeight);
  for (let y = 0, at = 0; y < toHeight; y++) {
    let above = rows.low[y]! * toWidth;
    let below = rows.high[y]! * toWidth;
    const down = rows.fraction[y]!;
    const up = 1 - down;
    for (const end = at + toWidth; at < end; at++) enlarged[at] = wide[above++]! * up + wide[below++]! * down;
  }
  return enlarged;
}

function sourcesOf(inputs: number, outputs: number): AxisSources {
  const low = new Int32Array(outputs);
  const high = new Int32Array(outputs);
  const fraction = new Float64Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const source = Math.max(((output + 0.5) * inputs) / outputs - 0.5, 0);
    low[output] = Math.floor(source);
    high[output] = Math.min(low[output]! + 1, inputs - 1);
    fraction[output] = source - low[output]!;
  }
  return { low, high, fraction };
}
