import { randomStream } from '@ssl-scene/random';
import { drawDistractor } from './distractor.ts';
import { type Colour, randomPalette } from './palette.ts';
import type { ResolvedSceneOptions } from './scene-options.ts';
import { PATTERNS, type PatternName } from './texture.ts';

const TEXTURES = Object.keys(PATTERNS).filter((name) => name !== 'gradient') as PatternName[];

/** Shapes in a scene of clutter 1, fewest and most. */
const DISTRACTORS: readonly [number, number] = [14, 28];

/**
 * Paints the background of scene `index`: a gradient, over it (as strongly as `clutter` says) a texture and shapes in the
 * scene's own colours.
 *
 * @returns RGB, row-major, 0 … 255
 */
export function paintBackground(options: ResolvedSceneOptions, index: number): Float32Array {
  const { seed, split, width, height, clutter } = options;
  const random = randomStream(seed, 'synthetic-scene', split, 'background', index);
  const palette = randomPalette(random);
  const image = new Float32Array(width * height * 3);
  const field = new Float32Array(width * height);

  PATTERNS.gradient(field, width, height, random);
  blend(image, field, palette[0]!, palette[2]!, 1);
  PATTERNS[TEXTURES[random.integer(0, TEXTURES.length)]!](field, width, height, random);
  blend(image, field, palette[0]!, palette[1]!, clutter * random.uniform(0.5, 1));
  const shapes = Math.round(clutter * random.integer(DISTRACTORS[0], DISTRACTORS[1] + 1));
  for (let i = 0; i < shapes; i++) drawDistractor(image, width, height, palette, random);
  return image;
}

/** Mixes into the image, by `share`, the colours from `low` (where the field is 0) to `high` (where it is 1). */
function blend(image: Float32Array, field: Float32Array, low: Colour, high: Colour, share: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const start = low[channel]!;
    const reach = high[channel]! - start;
    for (let i = 0, at = channel; i < field.length; i++, at += 3) {
      image[at]! += share * (start + field[i]! * reach - image[at]!);
    }
  }
}
