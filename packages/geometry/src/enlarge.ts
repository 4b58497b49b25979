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
  const { low, high, fraction } = sourcesOf(width, toWidth);
  const enlarged = new Float64Array(toWidth * toHeight);
  const line = new Float64Array(width);
  for (let y = 0, at = 0; y < toHeight; y++) {
    const above = rows.low[y]! * width;
    const below = rows.high[y]! * width;
    const down = rows.fraction[y]!;
    for (let x = 0; x < width; x++) line[x] = values[above + x]! * (1 - down) + values[below + x]! * down;
    for (let x = 0; x < toWidth; x++, at++) {
      const right = fraction[x]!;
      enlarged[at] = line[low[x]!]! * (1 - right) + line[high[x]!]! * right;
    }
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
