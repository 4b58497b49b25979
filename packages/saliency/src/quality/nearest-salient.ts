import type { ScalarMap } from '@ssl-scene/geometry';

/** Where the nearest salient pixel is. */
export interface NearestSalient {
  /** Square of the Euclidean distance in pixels; infinite where the mask is empty. */
  readonly squaredDistance: Float64Array;
  /** Place of the nearest salient pixel; of equally near ones any. -1 where the mask is empty. */
  readonly place: Int32Array;
}

/** The lower envelope of parabolas over one line, kept between lines to save memory. */
interface Envelope {
  readonly centres: Int32Array;
  readonly borders: Float64Array;
}

/**
 * Exact Euclidean distance transform with the place of the nearest pixel that is not 0, in linear time (Felzenszwalb and
 * Huttenlocher 2012): first along columns, then along rows.
 */
export function nearestSalient({ width, height, data }: ScalarMap): NearestSalient {
  const nearestInColumn = rowsOfNearest(width, height, data);
  const squaredDistance = new Float64Array(width * height);
  const place = new Int32Array(width * height);
  const line = new Float64Array(width);
  const envelope = { centres: new Int32Array(width), borders: new Float64Array(width + 1) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = nearestInColumn[y * width + x]!;
      line[x] = row < 0 ? Number.POSITIVE_INFINITY : (row - y) ** 2;
    }
    const parabolas = buildEnvelope(line, envelope);
    for (let x = 0, parabola = 0; x < width; x++) {
      const at = y * width + x;
      while (parabola < parabolas - 1 && envelope.borders[parabola + 1]! < x) parabola++;
      const centre = envelope.centres[parabola]!;
      squaredDistance[at] = parabolas > 0 ? (x - centre) ** 2 + line[centre]! : Number.POSITIVE_INFINITY;
      place[at] = parabolas > 0 ? nearestInColumn[y * width + centre]! * width + centre : -1;
    }
  }
  return { squaredDistance, place };
}

/** For each pixel the row of the nearest salient pixel in its column, -1 where there is none. */
function rowsOfNearest(width: number, height: number, data: ArrayLike<number>): Int32Array {
  const rows = new Int32Array(width * height);
  for (let x = 0; x < width; x++) {
    let above = -1;
    for (let y = 0; y < height; y++) {
      if (data[y * width + x]) above = y;
      rows[y * width + x] = above;
    }
    let below = -1;
    for (let y = height - 1; y >= 0; y--) {
      const at = y * width + x;
      if (data[at]) below = y;
      if (below >= 0 && (rows[at]! < 0 || below - y < y - rows[at]!)) rows[at] = below;
    }
  }
  return rows;
}

/** Finds which parabola (x - q)² + line[q] is lowest where; returns how many take part. */
function buildEnvelope(line: Float64Array, { centres, borders }: Envelope): number {
  let count = 0;
  for (let q = 0; q < line.length; q++) {
    if (line[q] === Number.POSITIVE_INFINITY) continue;
    let border = Number.NEGATIVE_INFINITY;
    while (count > 0) {
      border = crossing(line, centres[count - 1]!, q);
      if (border > borders[count - 1]!) break;
      count--;
    }
    centres[count] = q;
    borders[count] = count === 0 ? Number.NEGATIVE_INFINITY : border;
    count++;
  }
  return count;
}

/** Where the parabolas around two places are equally high. */
function crossing(line: Float64Array, p: number, q: number): number {
  return (line[q]! + q * q - (line[p]! + p * p)) / (2 * (q - p));
}
