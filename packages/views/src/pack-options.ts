import { availableParallelism } from 'node:os';
import type { BadImage, PackedRule } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { checkWhole } from './loader-options.ts';

/** Options of `packDataset`. */
export interface PackOptions {
  /**
   * Images whose shorter side is longer are resized so that it has this many pixels; smaller ones are stored as they are. `null`
   * stores all as they are. Default: 320, enough for views of 224 pixels.
   */
  readonly shortSide?: number | null;
  /** How images are resized: Pillow's filters. Default: `bilinear`. */
  readonly filter?: PackedRule['filter'];
  /** Whether masks are stored, where the data set has some: their nearest pixels, compressed. Default: true. */
  readonly masks?: boolean;
  /** Threads that read and resize, from 1. Default: the number of cores, at most 16. */
  readonly workers?: number;
  /**
   * An image that cannot be read is an error, or keeps its place: reading it from the packed file fails as it did from the
   * original, and a loader's policy decides. Default: `throw`.
   */
  readonly onBadImage?: 'throw' | 'keep';
  /** Milliseconds that a thread may take for one image; then it counts as one that cannot be read. Default: 60,000. */
  readonly imageTimeLimit?: number;
  /** As in `createViewLoader`. Default: none. */
  readonly nativeLibrary?: string;
  /** Whether every stored image is read again and its checksum compared before the file gets its name. Default: true. */
  readonly verify?: boolean;
  /** Whether a packed file that is out of date, or of another data set or another rule, is replaced. Default: false. */
  readonly replace?: boolean;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Hears of images that cannot be read and are kept. */
  readonly onBadImageFound?: (image: BadImage) => void;
}

type Callback = 'onProgress' | 'onBadImageFound' | 'nativeLibrary';

/** Options with defaults filled in and values checked. */
export type ResolvedPackOptions = Required<Omit<PackOptions, Callback>> & Pick<PackOptions, Callback>;

const FILTERS: readonly PackedRule['filter'][] = ['bilinear', 'bicubic', 'box', 'hamming', 'lanczos'];
const LARGEST_SIDE = 2 ** 16;

export function resolvePackOptions(options: PackOptions): ResolvedPackOptions {
  const resolved: ResolvedPackOptions = {
    shortSide: 320,
    filter: 'bilinear',
    masks: true,
    workers: Math.min(16, availableParallelism()),
    onBadImage: 'throw',
    imageTimeLimit: 60_000,
    verify: true,
    replace: false,
    ...options,
  };
  if (resolved.shortSide !== null) checkWhole('shortSide', resolved.shortSide, 1, LARGEST_SIDE);
  checkWhole('workers', resolved.workers, 1, 256);
  checkWhole('imageTimeLimit', resolved.imageTimeLimit, 1, 2 ** 31 - 1);
  checkChoice('filter', resolved.filter, FILTERS);
  checkChoice('onBadImage', resolved.onBadImage, ['throw', 'keep']);
  return resolved;
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected: `one of ${choices.join(', ')}`,
    found: JSON.stringify(value),
    where: name,
    fix: 'Choose one of these.',
  });
}
