import type { Box } from '@ssl-scene/geometry';
import type { Sprite, SpriteLevel } from './sprite.ts';

/** A sprite in the size and turn of one object: RGBA premultiplied by alpha, and which of its pixels belong to the object. */
export interface Stamp {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
  /** The smallest box, half-open, around the solid pixels; beyond it lie only faint edges. */
  readonly solidBox: Box;
  /** Positions of the solid pixels (at least half covered), row-major. */
  readonly solidX: Int16Array;
  readonly solidY: Int16Array;
}

/** How a stamp is cut from a sprite. */
export interface StampPose {
  /** Longer side of the unturned object, in pixels. */
  readonly side: number;
  /** Clockwise, in radians. */
  readonly angle: number;
  readonly mirrored: boolean;
  /** Factors of red, green and blue. */
  readonly gains: readonly [number, number, number];
}

const SOLID = 128;

/**
 * Turns and scales a sprite. Every pixel is the mean of 2 × 2 bilinear samples, taken from the level whose pixels are one half
 * to one times as large as the stamp's, which together come close to the mean over the pixel's area.
 */
export function makeStamp(sprite: Sprite, pose: StampPose): Stamp {
  const base = sprite.levels[0]!;
  const shrink = Math.max(base.width, base.height) / pose.side;
  const depth = Math.min(sprite.levels.length - 1, Math.max(0, Math.floor(Math.log2(shrink))));
  const level = sprite.levels[depth]!;
  const step = shrink / 2 ** depth;
  const cos = Math.cos(pose.angle);
  const sin = Math.sin(pose.angle);
  const [halfWidth, halfHeight] = [level.width / 2 / step, level.height / 2 / step];
  const width = Math.ceil(2 * (Math.abs(cos) * halfWidth + Math.abs(sin) * halfHeight)) + 1;
  const height = Math.ceil(2 * (Math.abs(sin) * halfWidth + Math.abs(cos) * halfHeight)) + 1;

  const rgba = new Uint8Array(width * height * 4);
  const sums = new Float64Array(4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (let sample = 0; sample < 4; sample++) {
        const dx = x - width / 2 + (sample & 1 ? 0.75 : 0.25);
        const dy = y - height / 2 + (sample & 2 ? 0.75 : 0.25);
        const u = (cos * dx + sin * dy) * step;
        const v = (cos * dy - sin * dx) * step;
        addBilinear(level, level.width / 2 + (pose.mirrored ? -u : u), level.height / 2 + v, sums);
      }
      writePixel(rgba, 4 * (y * width + x), sums, pose.gains);
    }
  }
  return { width, height, rgba, ...solidPixels(rgba, width, height) };
}

/** Adds the sprite's value at (x, y), pixel centres at halves, nothing outside. */
function addBilinear({ width, height, rgba }: SpriteLevel, x: number, y: number, sums: Float64Array): void {
  const column = Math.floor(x - 0.5);
  const row = Math.floor(y - 0.5);
  if (column < -1 || row < -1 || column >= width || row >= height) return;
  const right = x - 0.5 - column;
  const below = y - 0.5 - row;
  for (let j = 0; j < 2; j++) {
    if (row + j < 0 || row + j >= height) continue;
    for (let i = 0; i < 2; i++) {
      if (column + i < 0 || column + i >= width) continue;
      const weight = (i === 0 ? 1 - right : right) * (j === 0 ? 1 - below : below);
      const at = 4 * ((row + j) * width + column + i);
      sums[0]! += weight * rgba[at]!;
      sums[1]! += weight * rgba[at + 1]!;
      sums[2]! += weight * rgba[at + 2]!;
      sums[3]! += weight * rgba[at + 3]!;
    }
  }
}

function writePixel(rgba: Uint8Array, at: number, sums: Float64Array, gains: readonly [number, number, number]): void {
  const alpha = Math.round(sums[3]! / 4);
  // A premultiplied colour cannot exceed its alpha; brightening must not make it.
  rgba[at] = Math.min(alpha, Math.round((gains[0] * sums[0]!) / 4));
  rgba[at + 1] = Math.min(alpha, Math.round((gains[1] * sums[1]!) / 4));
  rgba[at + 2] = Math.min(alpha, Math.round((gains[2] * sums[2]!) / 4));
  rgba[at + 3] = alpha;
}

function solidPixels(rgba: Uint8Array, width: number, height: number): Pick<Stamp, 'solidBox' | 'solidX' | 'solidY'> {
  const solidX = new Int16Array(width * height);
  const solidY = new Int16Array(width * height);
  let count = 0;
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rgba[4 * (y * width + x) + 3]! < SOLID) continue;
      solidX[count] = x;
      solidY[count] = y;
      count++;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      if (y >= y1) y1 = y + 1;
    }
  }
  return { solidBox: { x0, y0, x1, y1 }, solidX: solidX.subarray(0, count), solidY: solidY.subarray(0, count) };
}
