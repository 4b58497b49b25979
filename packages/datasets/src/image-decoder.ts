import { readFile } from 'node:fs/promises';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { type DecisionCounts, decisionsFor, noDecisions } from './decode-decisions.ts';
import { decodeImage } from './decode-image.ts';
import { type DecodeOptions, type ResolvedDecodeOptions, resolveDecodeOptions } from './decode-options.ts';
import { decodeTimeout } from './image-fault.ts';
import { detectFormat } from './image-format.ts';
import { IsolatedDecoder } from './isolated-decoder.ts';
import { readPictureFacts } from './picture-facts.ts';

/** libtiff and the AV1 decoder are large and see few files; hangs and crashes are theirs. */
const RARE_FORMATS: readonly (string | undefined)[] = ['tiff', 'avif'];

/**
 * Decodes picture files to upright 8-bit RGB, whatever their name: JPEG, PNG, GIF, WebP, TIFF and AVIF by sharp, BMP, ICO, PPM
 * and PGM by code of this package.
 *
 * - orientation tags 1 to 8 are applied, others ignored;
 * - of an animation or a file of several pages the first frame is taken (of an icon the largest picture);
 * - grey and palette images get three channels; CMYK is converted by Pillow's formula, Adobe's inverted form too;
 * - of 16-bit values the high byte is taken;
 * - transparency is composited over `background`;
 * - a picture of more than `pixelLimit` pixels is refused on the word of its header, one that takes longer than `timeLimit` is
 *   given up, and one that ends early is refused unless `truncated` is `accept`.
 *
 * Every failure is a `SceneError` whose code is one of `IMAGE_FAULTS`.
 */
export class ImageDecoder {
  readonly options: ResolvedDecodeOptions;
  readonly #isolated = new IsolatedDecoder();
  readonly #decisions = noDecisions();
  #trustsThisProcess = true;

  constructor(options: DecodeOptions = {}) {
    this.options = resolveDecodeOptions(options);
    checkOptions(this.options);
  }

  /** @param where how errors name the picture, for example its path */
  async decode(bytes: Uint8Array, where: string): Promise<Raster> {
    const raster = this.#isolates(bytes)
      ? await this.#isolated.decode({ bytes, options: this.options, where })
      : await this.#decodeHere(bytes, where);
    const facts = readPictureFacts(bytes);
    for (const decision of facts === undefined ? [] : decisionsFor(facts, this.options)) this.#decisions[decision]++;
    return raster;
  }

  /** In how many of the pictures decoded so far each decision was taken; one that is decoded twice counts twice. */
  decisions(): DecisionCounts {
    return { ...this.#decisions };
  }

  /** Reads and decodes a file. */
  async decodeFile(path: string): Promise<Raster> {
    return await this.decode(await readImageFile(path), path);
  }

  /** Ends the child process, where there is one. */
  close(): void {
    this.#isolated.close();
  }

  #isolates(bytes: Uint8Array): boolean {
    const { isolate } = this.options;
    if (isolate === 'none') return false;
    return isolate === 'all' || !this.#trustsThisProcess || RARE_FORMATS.includes(detectFormat(bytes));
  }

  async #decodeHere(bytes: Uint8Array, where: string): Promise<Raster> {
    const { timeLimit } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // The decoder may occupy its thread for ever. One lost thread is bearable, a second file like it would not be.
        this.#trustsThisProcess = false;
        reject(decodeTimeout(where, timeLimit));
      }, timeLimit);
    });
    try {
      return await Promise.race([decodeImage(bytes, this.options, where), expiry]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The bytes of a file, or a `SceneError` of code `UNREADABLE_FILE`. */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SceneError({
      code: 'UNREADABLE_FILE',
      expected: 'a readable file',
      found: cause instanceof Error ? cause.message : String(cause),
      where: path,
      fix: 'Check that the file exists and may be read.',
      cause,
    });
  }
}

function checkOptions({ background, pixelLimit, timeLimit }: ResolvedDecodeOptions): void {
  const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
  check(background.length === 3 && background.every(isByte), 'background', 'three integers from 0 to 255', background);
  check(Number.isSafeInteger(pixelLimit) && pixelLimit > 0, 'pixelLimit', 'a positive integer', pixelLimit);
  check(timeLimit > 0 && timeLimit < 2 ** 31, 'timeLimit', 'milliseconds from 1 to 2^31 - 1', timeLimit);
}

function check(isGood: boolean, option: string, expected: string, found: unknown): void {
  if (isGood) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected,
    found: JSON.stringify(found),
    where: `decode option "${option}"`,
    fix: 'Correct the option.',
  });
}
