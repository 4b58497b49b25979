/** Plain loops in double precision, written from the paper's description, one image at a time. */

/** Half to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Which cells are at least as large as the mean, or within `relax` standard deviations of it. */
export function foreground(map: readonly number[], relax = 0.6): number[] {
  if (map.every((value) => value === map[0])) return map.map(() => 1);
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  const variance = map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / map.length;
  return map.map((value) => (value >= mean || Math.abs(value - mean) <= relax * Math.sqrt(variance) ? 1 : 0));
}

/** Distance of the cell nearest to the threshold from it, relative to the map's range: tiny ones may round either way. */
export function margin(map: readonly number[], relax = 0.6): number {
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  const variance = map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / map.length;
  const threshold = mean - relax * Math.sqrt(variance);
  const range = Math.max(...map) - Math.min(...map);
  return Math.min(...map.map((value) => Math.abs(value - threshold))) / (range || 1);
}

/** [salient, background] counts of a positive's masks. */
export function positivePatches(alpha: number, salient: number, patches: number): [number, number] {
  const inForeground = roundHalfEven(alpha * salient);
  const rest = Math.floor(patches * alpha) - inForeground;
  return [Math.min(inForeground, salient), Math.min(Math.max(rest, 0), patches - salient)];
}

/** The salient count of a negative's masks. */
export function negativePatches(alpha: number, salient: number, patches: number, isCapped: boolean): number {
  const share = (alpha * salient) / patches;
  const wanted = isCapped && share >= 0.56 ? 0.55 : share;
  return Math.min(roundHalfEven(wanted * patches), salient);
}

/** The first `count` of the cells for which `from` is 1, in the order of their ranks. */
export function firstByRank(from: readonly number[], ranks: ArrayLike<number>, count: number): number[] {
  const cells = from.flatMap((flag, cell) => (flag === 1 ? [cell] : []));
  return cells.sort((a, b) => ranks[a]! - ranks[b]! || a - b).slice(0, count);
}

/** Start of each of `grid` parts of a side, and its end. */
function borders(length: number, grid: number): number[] {
  return Array.from({ length: grid + 1 }, (_, part) => Math.round((part * length) / grid - 1e-9));
}

/** Calls `visit` with each pixel of a patch and its place inside of the patch. */
export function eachPixelOfPatch(
  patch: number,
  side: number,
  grid: number,
  visit: (y: number, x: number, row: number, column: number) => void,
): void {
  const starts = borders(side, grid);
  const [top, left] = [Math.floor(patch / grid), patch % grid];
  for (let y = starts[top]!; y < starts[top + 1]!; y++) {
    for (let x = starts[left]!; x < starts[left + 1]!; x++) visit(y, x, y - starts[top]!, x - starts[left]!);
  }
}

/** A square image of interleaved channels. */
export interface Square {
  readonly side: number;
  readonly channels: number;
  readonly data: Float64Array;
}

const reflect = (place: number, length: number): number => {
  if (place < 0) return -place;
  return place < length ? place : 2 * (length - 1) - place;
};

/** Direct two-dimensional Gaussian blur with reflected borders. */
export function blurred({ side, channels, data }: Square, kernel: number, sigma: number): Square {
  const reach = (kernel - 1) / 2;
  const weight = (dy: number, dx: number): number => Math.exp(-(dy * dy + dx * dx) / (2 * sigma * sigma));
  const out = new Float64Array(data.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < channels; c++) {
        let [sum, total] = [0, 0];
        for (let dy = -reach; dy <= reach; dy++) {
          for (let dx = -reach; dx <= reach; dx++) {
            const from = (reflect(y + dy, side) * side + reflect(x + dx, side)) * channels + c;
            sum += weight(dy, dx) * data[from]!;
            total += weight(dy, dx);
          }
        }
        out[(y * side + x) * channels + c] = sum / total;
      }
    }
  }
  return { side, channels, data: out };
}

export function difference(a: Square, b: Square): Square {
  return { ...a, data: a.data.map((value, index) => value - b.data[index]!) };
}

/** Mean of each channel. */
export function channelMeans({ channels, data }: Square): number[] {
  const sums = new Array<number>(channels).fill(0);
  data.forEach((value, index) => {
    sums[index % channels]! += value;
  });
  return sums.map((sum) => (sum * channels) / data.length);
}
