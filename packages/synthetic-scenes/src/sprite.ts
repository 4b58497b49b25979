import { createRequire } from 'node:module';
import { SceneError } from '@ssl-scene/errors';
import type { CatalogEntry } from './sprite-catalog.ts';

/** One size of a drawing: RGBA, premultiplied by alpha, row-major, 8 bits. */
export interface SpriteLevel {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A drawing cut to its visible part, in halving sizes: level l is 2^l times smaller than level 0. */
export interface Sprite {
  readonly name: string;
  readonly levels: readonly SpriteLevel[];
}

/** Side of the drawing's own coordinate system. */
const VIEW_BOX = 36;
/** Resolution of an SVG unit at scale 1. */
const BASE_DENSITY = 72;
/** Less than this alpha counts as invisible when the drawing is cut: traces of anti-aliasing are no part of its size. */
const VISIBLE = 8;

/** Renders a drawing so that its longer side measures at least `side` pixels at level 0. Needs sharp. */
export async function loadSprite(entry: CatalogEntry, side: number): Promise<Sprite> {
  const path = createRequire(import.meta.url).resolve(`@twemoji/svg/${entry.file}.svg`);
  const sharp = await loadSharp();
  // The visible part is smaller than the drawing; two thirds of it in the worst case of the catalog.
  const rendered = Math.ceil(side * 1.5);
  const { data, info } = await sharp(path, { density: (BASE_DENSITY * rendered) / VIEW_BOX })
    .resize(rendered, rendered)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { name: entry.name, levels: pyramid(premultiplied(cutToVisible(pixels, info.width, info.height))) };
}

async function loadSharp(): Promise<typeof import('sharp').default> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new SceneError({
      code: 'SHARP_MISSING',
      expected: 'the package sharp, which renders the drawings',
      found: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
      where: '@ssl-scene/synthetic-scenes',
      fix: 'Run `npm install sharp` beside it.',
      cause,
    });
  }
}

function cutToVisible(rgba: Uint8Array, width: number, height: number): SpriteLevel {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rgba[4 * (y * width + x) + 3]! < VISIBLE) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  const cut = new Uint8Array((right - left) * (bottom - top) * 4);
  for (let y = top; y < bottom; y++) {
    cut.set(rgba.subarray(4 * (y * width + left), 4 * (y * width + right)), 4 * (y - top) * (right - left));
  }
  return { width: right - left, height: bottom - top, rgba: cut };
}

function premultiplied(level: SpriteLevel): SpriteLevel {
  const rgba = level.rgba.slice();
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    for (let channel = 0; channel < 3; channel++) rgba[i + channel] = Math.round((rgba[i + channel]! * alpha) / 255);
  }
  return { ...level, rgba };
}

function pyramid(base: SpriteLevel): SpriteLevel[] {
  const levels = [base];
  while (Math.min(levels.at(-1)!.width, levels.at(-1)!.height) >= 4) levels.push(halved(levels.at(-1)!));
  return levels;
}

/** Means of 2 × 2 pixels; beyond an odd edge there is nothing. */
function halved({ width, height, rgba }: SpriteLevel): SpriteLevel {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Uint8Array(halfWidth * halfHeight * 4);
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++) {
      for (let channel = 0; channel < 4; channel++) {
        let sum = 0;
        for (let row = 2 * y; row < Math.min(2 * y + 2, height); row++) {
          for (let column = 2 * x; column < Math.min(2 * x + 2, width); column++) {
            sum += rgba[4 * (row * width + column) + channel]!;
          }
        }
        half[4 * (y * halfWidth + x) + channel] = (sum + 2) >> 2;
      }
    }
  }
  return { width: halfWidth, height: halfHeight, rgba: half };
}
