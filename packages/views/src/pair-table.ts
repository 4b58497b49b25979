import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';

/** Two regions that show the same kind of thing: one of an image, one of another (or the same). */
export interface ImagePair {
  /** Index of the other image. */
  readonly partner: number;
  /** The region of the image itself, in relative edges from 0 to 1. */
  readonly box: Box;
  /** The region of the partner, likewise. */
  readonly partnerBox: Box;
}

const MAGIC = 0x5053_5431;
const HEAD = 4;
const BOX_VALUES = 8;

/**
 * For each image its pairs with other images, in groups (ORL: a group is a neighbour of the image), in memory that all threads
 * share and nobody writes.
 */
export class PairTable {
  /** The shared memory; pass it as `pairs` to `createViewLoader`. */
  readonly buffer: SharedArrayBuffer;
  readonly images: number;
  readonly #groupEnds: Int32Array;
  readonly #pairEnds: Int32Array;
  readonly #partners: Int32Array;
  readonly #boxes: Float32Array;

  private constructor(buffer: SharedArrayBuffer) {
    const [, images, groups, pairs] = new Int32Array(buffer, 0, HEAD) as unknown as [number, number, number, number];
    this.buffer = buffer;
    this.images = images;
    let at = 4 * HEAD;
    const integers = (length: number): Int32Array => {
      const array = new Int32Array(buffer, at, length);
      at += 4 * length;
      return array;
    };
    this.#groupEnds = integers(images);
    this.#pairEnds = integers(groups);
    this.#partners = integers(pairs);
    this.#boxes = new Float32Array(buffer, at, BOX_VALUES * pairs);
  }

  /**
   * Makes a table.
   *
   * @param pairs by image and group; an image may have no group, a group has at least one pair
   * @throws SceneError `BAD_PAIR` for a partner that is no image, an empty group, or a box without area or outside [0, 1]
   */
  static create(pairs: readonly (readonly (readonly ImagePair[])[])[]): PairTable {
    const groups = pairs.flat();
    const all = groups.flat();
    const cells = HEAD + pairs.length + groups.length + all.length + BOX_VALUES * all.length;
    const buffer = new SharedArrayBuffer(4 * cells);
    new Int32Array(buffer, 0, HEAD).set([MAGIC, pairs.length, groups.length, all.length]);
    const table = new PairTable(buffer);
    let [groupEnd, pairEnd] = [0, 0];
    for (const [image, ofImage] of pairs.entries()) {
      for (const ofGroup of ofImage) {
        if (ofGroup.length === 0) throw badPair(image, 'an empty group');
        for (const pair of ofGroup) {
          checkPair(pair, image, pairs.length);
          table.#set(pairEnd++, pair);
        }
        table.#pairEnds[groupEnd++] = pairEnd;
      }
      table.#groupEnds[image] = groupEnd;
    }
    return table;
  }

  /** The table in memory that `create` made, in this or another thread. @throws SceneError `NOT_A_PAIR_TABLE` */
  static attach(buffer: SharedArrayBuffer): PairTable {
    if (buffer.byteLength >= 4 * HEAD && new Int32Array(buffer, 0, 1)[0] === MAGIC) return new PairTable(buffer);
    throw new SceneError({
      code: 'NOT_A_PAIR_TABLE',
      expected: 'the buffer of a PairTable',
      found: `${buffer.byteLength} bytes of something else`,
      where: 'PairTable.attach',
      fix: 'Pass table.buffer of the table that create() made.',
    });
  }

  /** Number of groups of an image. */
  groups(image: number): number {
    return this.#groupEnds[image]! - this.#startOf(this.#groupEnds, image);
  }

  /** Draws a group of the image, then a pair of the group, both uniformly. The image must have a group. */
  draw(image: number, random: RandomStream): ImagePair {
    const group = this.#startOf(this.#groupEnds, image) + random.integer(0, this.groups(image));
    const start = this.#startOf(this.#pairEnds, group);
    return this.#pair(start + random.integer(0, this.#pairEnds[group]! - start));
  }

  #startOf(ends: Int32Array, position: number): number {
    return position === 0 ? 0 : ends[position - 1]!;
  }

  #set(position: number, { partner, box, partnerBox }: ImagePair): void {
    this.#partners[position] = partner;
    const edges = [box, partnerBox].flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1]);
    this.#boxes.set(edges, BOX_VALUES * position);
  }

  #pair(position: number): ImagePair {
    const boxAt = (start: number): Box => ({
      x0: this.#boxes[start]!,
      y0: this.#boxes[start + 1]!,
      x1: this.#boxes[start + 2]!,
      y1: this.#boxes[start + 3]!,
    });
    const start = BOX_VALUES * position;
    return { partner: this.#partners[position]!, box: boxAt(start), partnerBox: boxAt(start + 4) };
  }
}

function checkPair({ partner, box, partnerBox }: ImagePair, image: number, images: number): void {
  if (!(Number.isInteger(partner) && partner >= 0 && partner < images)) {
    throw badPair(image, `partner ${partner} of ${images} images`);
  }
  for (const { x0, y0, x1, y1 } of [box, partnerBox]) {
    const isGood = x0 >= 0 && x0 < x1 && x1 <= 1 && y0 >= 0 && y0 < y1 && y1 <= 1;
    if (!isGood) throw badPair(image, `a box of x ${x0} to ${x1}, y ${y0} to ${y1}`);
  }
}

function badPair(image: number, found: string): SceneError {
  return new SceneError({
    code: 'BAD_PAIR',
    expected: 'groups of pairs with an image of the data set and boxes with an area, in relative edges from 0 to 1',
    found,
    where: `PairTable.create, image ${image}`,
    fix: 'Divide boxes by width and height, clip them, and leave out empty groups.',
  });
}
