import type { ImageDataset, LabelledBox, ObjectMask } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { annotateScene, paintScene } from './scene.ts';
import { layOutScene, type SceneLayout } from './scene-layout.ts';
import { type ResolvedSceneOptions, resolveSceneOptions, type SyntheticSceneOptions } from './scene-options.ts';
import { loadSprite, type Sprite } from './sprite.ts';
import { SPRITE_CATALOG } from './sprite-catalog.ts';

/** A data set of generated scenes: everything is known of every image, and all answers are immediate. */
export interface SyntheticScenes extends ImageDataset {
  readonly classNames: readonly string[];
  readonly options: ResolvedSceneOptions;
  labels(index: number): readonly number[];
  size(index: number): { readonly width: number; readonly height: number };
  boxes(index: number): readonly LabelledBox[];
  mask(index: number): ObjectMask;
  pixels(index: number): Raster;
}

/** Sprites are rendered at this many times the largest object, so that no object is enlarged. */
const OVERSAMPLING = 1.5;

/**
 * Opens a data set of synthetic scenes: drawings of the Twemoji set (see the README for their licence) at random places, sizes
 * and turns on textured, cluttered backgrounds. Image `index` depends on the options and `index` only.
 *
 * `label` is -1 in the split `scenes`, whose images have several objects (see `labels`), and the object's class in the split
 * `single-object`. Boxes and masks are those of the visible parts; box k is the smallest around the pixels of mask value k + 1.
 *
 * @throws SceneError `UNKNOWN_OPTION`, `BAD_OPTION`, `SHARP_MISSING`; later `INDEX_OUT_OF_RANGE`, and `SCENE_TOO_CROWDED` where
 * the objects asked for do not fit
 */
export async function openSyntheticScenes(options: SyntheticSceneOptions = {}): Promise<SyntheticScenes> {
  const resolved = resolveSceneOptions(options);
  const side = OVERSAMPLING * resolved.objectSize[1] * Math.min(resolved.width, resolved.height);
  const entries = SPRITE_CATALOG.slice(0, resolved.classes);
  const sprites = await Promise.all(entries.map((entry) => loadSprite(entry, side)));
  return makeDataset(options, resolved, sprites);
}

function makeDataset(
  given: SyntheticSceneOptions,
  options: ResolvedSceneOptions,
  sprites: readonly Sprite[],
): SyntheticScenes {
  const { images: length, split, width, height } = options;
  const name = split === 'scenes' ? 'synthetic scenes' : 'synthetic single objects';

  // Boxes, mask and pixels of one image are often asked for in a row.
  let lastIndex = -1;
  let lastLayout: SceneLayout | undefined;
  const layoutOf = (index: number): SceneLayout => {
    checkIndex(index, length, name);
    if (lastLayout === undefined || lastIndex !== index) {
      lastLayout = layOutScene(options, sprites, index);
      lastIndex = index;
    }
    return lastLayout;
  };

  return {
    name,
    length,
    options,
    classNames: sprites.map((sprite) => sprite.name),
    source: { kind: 'plugin', module: import.meta.url, export: 'openSyntheticScenes', options: given },
    id(index: number): string {
      checkIndex(index, length, name);
      return `${split}/${index}`;
    },
    label(index: number): number {
      checkIndex(index, length, name);
      return split === 'scenes' ? -1 : index % options.classes;
    },
    labels(index: number): readonly number[] {
      const labels = layoutOf(index).objects.map((object) => object.label);
      return [...new Set(labels)].sort((a, b) => a - b);
    },
    size: () => ({ width, height }),
    boxes: (index: number) => annotateScene(options, layoutOf(index)).boxes,
    mask(index: number): ObjectMask {
      const { mask } = annotateScene(options, layoutOf(index));
      return { ...mask, data: mask.data.slice() };
    },
    pixels: (index: number) => paintScene(options, layoutOf(index), index),
  };
}

function checkIndex(index: number, length: number, name: string): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new SceneError({
    code: 'INDEX_OUT_OF_RANGE',
    expected: `an integer from 0 to ${length - 1}`,
    found: String(index),
    where: name,
    fix: 'Ask for an index of the data set.',
  });
}
