import { SceneError } from '@ssl-scene/errors';
import { BadImages } from './bad-images.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { ImageDataset } from './image-dataset.ts';
import { openImageFolder } from './image-folder.ts';
import { examinePicture, type PictureFinding } from './picture-finding.ts';
import type { PictureReport } from './picture-report.ts';
import { summarisePictures } from './picture-summary.ts';

export interface CheckOptions {
  /** Pictures whose shorter side is below this are listed as tiny. Default 32. */
  readonly tinyBelow?: number;
  /** Bits of 64 in which the hashes of near-duplicates may differ, 0 to 15. Default 4. */
  readonly nearDistance?: number;
  /** How a folder's pictures are decoded; a data set has its own options. */
  readonly decode?: DecodeOptions;
  /** How many pictures are read at a time. Default 4. */
  readonly concurrency?: number;
  /** Called after each picture. */
  readonly onProgress?: (checked: number, pictures: number) => void;
  /** Stops the check. */
  readonly signal?: AbortSignal;
}

/**
 * Reads every picture of a folder or data set once and reports on their hygiene: counts, sizes, formats, orientations, what
 * decoding does, pictures that are broken, constant, tiny, duplicates by their pixels, and near-duplicates by perceptual hash.
 *
 * @throws SceneError as the reader of the folder, `BAD_OPTION`, and errors that are not about a picture
 */
export async function checkPictures(input: string | ImageDataset, options: CheckOptions = {}): Promise<PictureReport> {
  checkOptions(options);
  if (typeof input !== 'string') return await checkDataset(input, options);
  const decode = options.decode === undefined ? {} : { decode: options.decode };
  const dataset = openImageFolder({ kind: 'image-folder', root: input, ...decode });
  try {
    return await checkDataset(dataset, options);
  } finally {
    dataset.close?.();
  }
}

async function checkDataset(dataset: ImageDataset, options: CheckOptions): Promise<PictureReport> {
  const findings: PictureFinding[] = new Array(dataset.length);
  const badImages = new BadImages('skip');
  let [next, checked] = [0, 0];
  const work = async (): Promise<void> => {
    while (next < dataset.length) {
      options.signal?.throwIfAborted();
      const index = next++;
      findings[index] = await examinePicture(dataset, index, badImages);
      options.onProgress?.(++checked, dataset.length);
    }
  };
  const stopping = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      next = dataset.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 4 }, stopping));
  const { tinyBelow = 32, nearDistance = 4 } = options;
  return summarisePictures(dataset, findings, badImages, { tinyBelow, nearDistance });
}

function checkOptions({ tinyBelow = 32, nearDistance = 4, concurrency = 4 }: CheckOptions): void {
  const isCount = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  check(isCount(tinyBelow, 0, 2 ** 31), 'tinyBelow', 'a number of pixels', tinyBelow);
  check(isCount(nearDistance, 0, 15), 'nearDistance', 'a number of bits from 0 to 15', nearDistance);
  check(isCount(concurrency, 1, 1024), 'concurrency', 'a number from 1 to 1024', concurrency);
}

function check(isGood: boolean, option: string, expected: string, found: number): void {
  if (isGood) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected,
    found: String(found),
    where: `option "${option}" of checkPictures`,
    fix: 'Correct the option.',
  });
}
