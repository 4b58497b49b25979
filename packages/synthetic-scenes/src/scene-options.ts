import { closest, SceneError } from '@ssl-scene/errors';
import { SPRITE_CATALOG } from './sprite-catalog.ts';

/** What the scenes look like. Plain data; scene `index` is a function of these options and `index` alone. */
export interface SyntheticSceneOptions {
  /**
   * `scenes`: several objects an image, without a label. `single-object`: one large object an image, labelled, classes in turn;
   * the images on which features are judged. The two never share a random draw. Default `scenes`.
   */
  readonly split?: 'scenes' | 'single-object';
  /** Number of images. Default 4,000. */
  readonly images?: number;
  /** An integer from 0 to 2^53 - 1; another seed gives other images. Default 0. */
  readonly seed?: number;
  /** Side of the square image in pixels, or width and height. Default 64. */
  readonly size?: number | readonly [number, number];
  /** Number of classes, from 1 to 74: the first so many of `SPRITE_CATALOG`. Default 20. */
  readonly classes?: number;
  /** Fewest and most objects of an image of the split `scenes`. Default `[2, 4]`. */
  readonly objects?: readonly [number, number];
  /**
   * Smallest and largest object: its longer side before it is turned, relative to the image's shorter side. Default
   * `[0.22, 0.42]`; in the split `single-object` `[0.5, 0.8]`.
   */
  readonly objectSize?: readonly [number, number];
  /** Objects are turned by up to so many degrees, either way. Default 30. */
  readonly rotation?: number;
  /** Each object's red, green and blue are scaled by factors within 1 ± this. Default 0.2. */
  readonly colourVariation?: number;
  /** Largest share of an object's pixels that objects before it may hide, from 0 to 1. Default 0.3. */
  readonly occlusion?: number;
  /**
   * From 0 (a smooth gradient) to 1 (a texture full of shapes that have nothing to do with the objects, with edges as strong as
   * theirs). Default 1.
   */
  readonly clutter?: number;
}

export interface ResolvedSceneOptions {
  readonly split: 'scenes' | 'single-object';
  readonly images: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  readonly objects: readonly [number, number];
  readonly objectSize: readonly [number, number];
  readonly rotation: number;
  readonly colourVariation: number;
  readonly occlusion: number;
  readonly clutter: number;
}

const NAMES: readonly (keyof SyntheticSceneOptions)[] = [
  'split',
  'images',
  'seed',
  'size',
  'classes',
  'objects',
  'objectSize',
  'rotation',
  'colourVariation',
  'occlusion',
  'clutter',
];

/** An object of fewer pixels across shows nothing. */
const SMALLEST_OBJECT = 4;
/** One byte a pixel of the mask names the object; 0 and 255 are taken. */
const MOST_OBJECTS = 254;

export function resolveSceneOptions(options: SyntheticSceneOptions): ResolvedSceneOptions {
  refuseUnknownNames(options);
  const split = options.split ?? 'scenes';
  const size = options.size ?? 64;
  const [width, height] = typeof size === 'number' ? [size, size] : size;
  const isSingle = split === 'single-object';
  const resolved: ResolvedSceneOptions = {
    split,
    images: options.images ?? 4000,
    seed: options.seed ?? 0,
    width,
    height,
    classes: options.classes ?? 20,
    objects: isSingle ? [1, 1] : (options.objects ?? [2, 4]),
    objectSize: options.objectSize ?? (isSingle ? [0.5, 0.8] : [0.22, 0.42]),
    rotation: options.rotation ?? 30,
    colourVariation: options.colourVariation ?? 0.2,
    occlusion: options.occlusion ?? 0.3,
    clutter: options.clutter ?? 1,
  };
  checkRanges(resolved);
  return resolved;
}

function refuseUnknownNames(options: SyntheticSceneOptions): void {
  for (const name of Object.keys(options)) {
    if ((NAMES as readonly string[]).includes(name)) continue;
    const similar = closest(name, NAMES);
    throw new SceneError({
      code: 'UNKNOWN_OPTION',
      expected: `an option among ${NAMES.join(', ')}`,
      found: JSON.stringify(name),
      where: 'synthetic scenes',
      fix: similar === undefined ? 'Remove it.' : `Did you mean "${similar}"?`,
    });
  }
}

function checkRanges(options: ResolvedSceneOptions): void {
  const { split, images, seed, width, height, classes, objects, objectSize } = options;
  const largest = SPRITE_CATALOG.length;
  check(split === 'scenes' || split === 'single-object', 'split', '"scenes" or "single-object"', split);
  check(isCount(images, 1, 2 ** 32), 'images', 'a positive integer up to 2^32', images);
  check(isCount(seed, 0, Number.MAX_SAFE_INTEGER), 'seed', 'an integer from 0 to 2^53 - 1', seed);
  check(
    [width, height].every((side) => isCount(side, 8, 4096)),
    'size',
    'sides from 8 to 4096 pixels',
    [width, height],
  );
  check(isCount(classes, 1, largest), 'classes', `an integer from 1 to ${largest}`, classes);
  check(
    isCount(objects[0], 1, MOST_OBJECTS) && isCount(objects[1], objects[0], MOST_OBJECTS),
    'objects',
    `[fewest, most] with 1 <= fewest <= most <= ${MOST_OBJECTS}`,
    objects,
  );
  check(
    0 < objectSize[0] && objectSize[0] <= objectSize[1] && objectSize[1] <= 1,
    'objectSize',
    '[smallest, largest] with 0 < smallest <= largest <= 1',
    objectSize,
  );
  check(
    objectSize[0] * Math.min(width, height) >= SMALLEST_OBJECT,
    'objectSize',
    `objects of at least ${SMALLEST_OBJECT} pixels`,
    objectSize,
  );
  check(options.rotation >= 0 && options.rotation <= 180, 'rotation', 'degrees from 0 to 180', options.rotation);
  for (const name of ['colourVariation', 'occlusion', 'clutter'] as const) {
    check(options[name] >= 0 && options[name] <= 1, name, 'a number from 0 to 1', options[name]);
  }
}

function isCount(value: number, smallest: number, largest: number): boolean {
  return Number.isInteger(value) && value >= smallest && value <= largest;
}

function check(isGood: boolean, option: string, expected: string, found: unknown): void {
  if (isGood) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected,
    found: JSON.stringify(found),
    where: `synthetic scenes, option "${option}"`,
    fix: 'Correct the option.',
  });
}
