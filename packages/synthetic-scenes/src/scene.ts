import type { LabelledBox, ObjectMask } from '@ssl-scene/datasets';
import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import { paintBackground } from './background.ts';
import type { PlacedObject, SceneLayout } from './scene-layout.ts';
import type { ResolvedSceneOptions } from './scene-options.ts';

/** Largest departure of a pixel from its colour, in levels, at clutter 1. */
const GRAIN = 8;

/** Paints the background, the objects over it (those in front last), and grain over everything. */
export function paintScene(options: ResolvedSceneOptions, layout: SceneLayout, index: number): Raster {
  const { width, height } = options;
  const image = paintBackground(options, index);
  for (const object of layout.objects) paintObject(image, width, height, object);
  addGrain(image, options, index);
  // Clamped arrays round and clamp what is stored in them.
  return { width, height, data: new Uint8Array(new Uint8ClampedArray(image).buffer) };
}

/** The same grain on objects and background, so that its absence tells nobody where the objects are. */
function addGrain(image: Float32Array, { seed, split, clutter }: ResolvedSceneOptions, index: number): void {
  if (clutter === 0) return;
  const grain = new Float32Array(image.length / 3);
  randomStream(seed, 'synthetic-scene', split, 'grain', index).fillUniform(grain, -clutter * GRAIN, clutter * GRAIN);
  for (let i = 0, at = 0; i < grain.length; i++, at += 3) {
    image[at]! += grain[i]!;
    image[at + 1]! += grain[i]!;
    image[at + 2]! += grain[i]!;
  }
}

function paintObject(image: Float32Array, width: number, height: number, { stamp, x, y }: PlacedObject): void {
  const top = Math.max(0, -y);
  const bottom = Math.min(stamp.height, height - y);
  const left = Math.max(0, -x);
  const right = Math.min(stamp.width, width - x);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const from = 4 * (row * stamp.width + column);
      const alpha = stamp.rgba[from + 3]!;
      if (alpha === 0) continue;
      const kept = 1 - alpha / 255;
      const to = 3 * ((row + y) * width + column + x);
      image[to] = kept * image[to]! + stamp.rgba[from]!;
      image[to + 1] = kept * image[to + 1]! + stamp.rgba[from + 1]!;
      image[to + 2] = kept * image[to + 2]! + stamp.rgba[from + 2]!;
    }
  }
}

/** The visible part of each object: the mask, and the smallest boxes around its parts. */
export function annotateScene(
  { width, height }: ResolvedSceneOptions,
  { objects, owners }: SceneLayout,
): { boxes: LabelledBox[]; mask: ObjectMask } {
  const edges = objects.map(() => ({ x0: width, y0: height, x1: 0, y1: 0 }));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const owner = owners[y * width + x]!;
      if (owner === 0) continue;
      const box = edges[owner - 1]!;
      if (x < box.x0) box.x0 = x;
      if (x >= box.x1) box.x1 = x + 1;
      if (y < box.y0) box.y0 = y;
      if (y >= box.y1) box.y1 = y + 1;
    }
  }
  return {
    boxes: edges.map((box, i) => ({ ...box, label: objects[i]!.label })),
    mask: { width, height, data: owners },
  };
}
