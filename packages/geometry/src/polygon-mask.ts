import { SceneError } from '@ssl-scene/errors';
import { mergeMasks } from './mask-merge.ts';
import type { RunLengthMask } from './run-length-mask.ts';
import { checkSize } from './scalar-map.ts';

/** pycocotools walks the outline on a grid that is so many times finer than the pixels. */
const SUPERSAMPLING = 5;

/** A point of the fine grid. */
interface GridPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The mask of an object given by polygons (the parts of one object, united), rasterised exactly as pycocotools does: the
 * outline is walked on a grid five times finer than the pixels, and each place where it crosses the centre line of a
 * pixel column toggles inside and outside from there on down.
 *
 * @param polygons each x, y, x, y, … in pixels, at least three points
 * @param width width of the image in pixels
 * @param height height of the image in pixels
 * @throws SceneError `BAD_POLYGON`
 */
export function polygonsToMask(polygons: readonly ArrayLike<number>[], width: number, height: number): RunLengthMask {
  checkSize(width, height, 'polygonsToMask');
  polygons.forEach((polygon, i) => {
    if (polygon.length < 6) throw badPolygon(i, `${polygon.length} numbers`);
    checkPolygon(polygon, i);
  });
  return mergeMasks(polygons.map((polygon) => polygonToMask(polygon, width, height)));
}

/**
 * The mask of a box x, y, width, height in pixels, exactly as pycocotools does: the box is rasterised as a polygon, which
 * rounds its edges to whole pixels.
 */
export function boxToMask(bbox: ArrayLike<number>, width: number, height: number): RunLengthMask {
  checkSize(width, height, 'boxToMask');
  if (bbox.length !== 4) throw badPolygon(0, `a box of ${bbox.length} numbers`);
  const x0 = bbox[0]!;
  const y0 = bbox[1]!;
  const x1 = x0 + bbox[2]!;
  const y1 = y0 + bbox[3]!;
  const outline = [x0, y0, x0, y1, x1, y1, x1, y0];
  checkPolygon(outline, 0);
  return polygonToMask(outline, width, height);
}

function polygonToMask(polygon: ArrayLike<number>, width: number, height: number): RunLengthMask {
  const crossings = new ColumnCrossings(width, height);
  const corners = polygon.length / 2;
  for (let corner = 0; corner < corners; corner++) {
    walkEdge(gridPoint(polygon, corner), gridPoint(polygon, (corner + 1) % corners), crossings);
  }
  return { width, height, counts: runsBetween(crossings.places, width * height) };
}

/** Collects where an outline, given by its fine grid points one after the other, crosses the centre lines of pixel columns. */
class ColumnCrossings {
  /** Counted down the columns from left to right, in the order of the outline. */
  readonly places: number[] = [];
  readonly #width: number;
  readonly #height: number;
  #x = Number.NaN;
  #y = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  add(x: number, y: number): void {
    // Nothing precedes the first point: comparisons with NaN are false.
    if (x < this.#x) this.#cross(x, Math.min(y, this.#y));
    else if (x > this.#x) this.#cross(x - 1, Math.min(y, this.#y));
    this.#x = x;
    this.#y = y;
  }

  /** A step between `left` and `left + 1` on the fine grid, the higher one of whose ends is at `top`. */
  #cross(left: number, top: number): void {
    const column = (left + 0.5) / SUPERSAMPLING - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > this.#width - 1) return;
    const row = (top + 0.5) / SUPERSAMPLING - 0.5;
    this.places.push(column * this.#height + Math.ceil(Math.min(Math.max(row, 0), this.#height)));
  }
}

function gridPoint(polygon: ArrayLike<number>, corner: number): GridPoint {
  return {
    x: Math.trunc(SUPERSAMPLING * polygon[2 * corner]! + 0.5),
    y: Math.trunc(SUPERSAMPLING * polygon[2 * corner + 1]! + 0.5),
  };
}

/**
 * Steps along an edge's longer side and rounds the other coordinate. It is always computed from the end with the smaller
 * coordinate, so that an edge gives the same points in both directions.
 */
function walkEdge(from: GridPoint, to: GridPoint, crossings: ColumnCrossings): void {
  const spanX = Math.abs(to.x - from.x);
  const spanY = Math.abs(to.y - from.y);
  const alongX = spanX >= spanY;
  const reversed = alongX ? from.x > to.x : from.y > to.y;
  const start = reversed ? to : from;
  const end = reversed ? from : to;
  const span = alongX ? spanX : spanY;
  const rise = alongX ? end.y - start.y : end.x - start.x;
  const slope = span === 0 ? 0 : rise / span;
  for (let step = 0; step <= span; step++) {
    const distance = reversed ? span - step : step;
    if (alongX) crossings.add(start.x + distance, Math.trunc(start.y + slope * distance + 0.5));
    else crossings.add(Math.trunc(start.x + slope * distance + 0.5), start.y + distance);
  }
}

/** Runs from crossing to crossing; two crossings at one place cancel. */
function runsBetween(crossings: readonly number[], pixels: number): Uint32Array {
  const borders = new Uint32Array(crossings).sort();
  const counts: number[] = [];
  let before = 0;
  for (let i = 0; i < borders.length && borders[i]! < pixels; i++) {
    const border = borders[i]!;
    if (border === borders[i + 1]) {
      i++;
      continue;
    }
    counts.push(border - before);
    before = border;
  }
  counts.push(pixels - before);
  return new Uint32Array(counts);
}

function checkPolygon(polygon: ArrayLike<number>, index: number): void {
  if (polygon.length % 2 !== 0) throw badPolygon(index, `${polygon.length} numbers`);
  for (let i = 0; i < polygon.length; i++) {
    // Beyond this the fine grid leaves 32 bits, as in pycocotools.
    if (!(Math.abs(polygon[i]!) < 2 ** 31 / SUPERSAMPLING - 1)) throw badPolygon(index, `the coordinate ${polygon[i]}`);
  }
}

function badPolygon(index: number, found: string): SceneError {
  return new SceneError({
    code: 'BAD_POLYGON',
    expected: 'x, y, x, y, … of at least three points in pixels (a box: x, y, width, height)',
    found,
    where: `polygon ${index}`,
    fix: 'Leave out broken annotations, or take the object’s box as its mask.',
  });
}
