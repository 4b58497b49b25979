import { SceneError } from '@ssl-scene/errors';
import { type RandomStream, randomStream } from '@ssl-scene/random';
import type { ResolvedSceneOptions } from './scene-options.ts';
import type { Sprite } from './sprite.ts';
import { makeStamp, type Stamp } from './stamp.ts';

/** An object in its place. */
export interface PlacedObject {
  readonly label: number;
  readonly stamp: Stamp;
  /** Position of the stamp's left upper pixel; may be negative, where only faint edges are cut off. */
  readonly x: number;
  readonly y: number;
}

/** The objects of a scene, those in front last. */
export interface SceneLayout {
  readonly objects: readonly PlacedObject[];
  /** 0 background, k the k-th object (counted from 1), row-major. */
  readonly owners: Uint8Array;
}

/** Places tried for an object, and scenes tried from the start, before the options are called impossible. */
const PLACES = 40;
const SCENES = 25;

/** Chooses the objects of scene `index` and places them so that none loses more than the permitted share of its pixels. */
export function layOutScene(options: ResolvedSceneOptions, sprites: readonly Sprite[], index: number): SceneLayout {
  for (let attempt = 0; attempt < SCENES; attempt++) {
    const random = randomStream(options.seed, 'synthetic-scene', options.split, 'objects', index, attempt);
    const layout = tryLayout(options, sprites, index, random);
    if (layout !== undefined) return layout;
  }
  throw new SceneError({
    code: 'SCENE_TOO_CROWDED',
    expected: `room for ${options.objects.join(' to ')} objects`,
    found: `none in ${SCENES} attempts`,
    where: `synthetic scene ${index}`,
    fix: 'Ask for fewer or smaller objects, or permit more occlusion.',
  });
}

function tryLayout(
  options: ResolvedSceneOptions,
  sprites: readonly Sprite[],
  index: number,
  random: RandomStream,
): SceneLayout | undefined {
  const count = random.integer(options.objects[0], options.objects[1] + 1);
  const labels =
    options.split === 'single-object' ? [index % options.classes] : chooseLabels(count, options.classes, random);
  const board = new Board(options);
  for (const label of labels) {
    const stamp = makeStamp(sprites[label]!, {
      side: random.uniform(...options.objectSize) * Math.min(options.width, options.height),
      angle: (random.uniform(-options.rotation, options.rotation) * Math.PI) / 180,
      mirrored: random.bernoulli(0.5),
      gains: [gain(options, random), gain(options, random), gain(options, random)],
    });
    if (!board.place(label, stamp, random)) return undefined;
  }
  return { objects: board.objects, owners: board.owners };
}

/** Different classes while there are enough of them. */
function chooseLabels(count: number, classes: number, random: RandomStream): number[] {
  if (count <= classes) return [...random.choice(classes, count)];
  return Array.from({ length: count }, () => random.integer(0, classes));
}

function gain({ colourVariation }: ResolvedSceneOptions, random: RandomStream): number {
  return random.uniform(1 - colourVariation, 1 + colourVariation);
}

/** The image with what is placed so far, front-most last. */
class Board {
  readonly owners: Uint8Array;
  readonly objects: PlacedObject[] = [];
  readonly #visible: number[] = [];
  readonly #options: ResolvedSceneOptions;

  constructor(options: ResolvedSceneOptions) {
    this.#options = options;
    this.owners = new Uint8Array(options.width * options.height);
  }

  /** Puts the object in front of the others at a random place inside the image. False where no place was found. */
  place(label: number, stamp: Stamp, random: RandomStream): boolean {
    const { width, height } = this.#options;
    const { x0, y0, x1, y1 } = stamp.solidBox;
    if (stamp.solidX.length === 0 || x1 - x0 > width || y1 - y0 > height) return false;
    for (let attempt = 0; attempt < PLACES; attempt++) {
      const x = random.integer(0, width - (x1 - x0) + 1) - x0;
      const y = random.integer(0, height - (y1 - y0) + 1) - y0;
      const hidden = this.#hiddenBy(stamp, x, y);
      if (hidden === undefined) continue;
      this.#put({ label, stamp, x, y }, hidden);
      return true;
    }
    return false;
  }

  /** How many pixels each object would lose, or undefined where one would lose too many. */
  #hiddenBy({ solidX, solidY }: Stamp, x: number, y: number): number[] | undefined {
    const hidden = new Array<number>(this.objects.length).fill(0);
    for (let i = 0; i < solidX.length; i++) {
      const owner = this.owners[(solidY[i]! + y) * this.#options.width + solidX[i]! + x]!;
      if (owner > 0) hidden[owner - 1]!++;
    }
    const isBearable = hidden.every((pixels, i) => {
      const whole = this.objects[i]!.stamp.solidX.length;
      return whole - this.#visible[i]! + pixels <= this.#options.occlusion * whole;
    });
    return isBearable ? hidden : undefined;
  }

  #put(object: PlacedObject, hidden: readonly number[]): void {
    for (const [i, pixels] of hidden.entries()) this.#visible[i]! -= pixels;
    this.objects.push(object);
    const { solidX, solidY } = object.stamp;
    this.#visible.push(solidX.length);
    for (let i = 0; i < solidX.length; i++) {
      this.owners[(solidY[i]! + object.y) * this.#options.width + solidX[i]! + object.x] = this.objects.length;
    }
  }
}
