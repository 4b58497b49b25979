import { type Augmentation, checkAugmentations } from '@ssl-scene/augmentations';
import { type CropSpec, checkCropSpec } from '@ssl-scene/cropping';
import { SceneError } from '@ssl-scene/errors';

/** How one view is made of an image: crop, resize to a square, augment. Plain data. */
export interface ViewSpec {
  /** Name of the view in batches, unique in its plan; also part of the key of its random draws. */
  readonly name: string;
  /** Width and height in pixels. */
  readonly size: number;
  /** Where the view is cut out. */
  readonly crop: CropSpec;
  /** What is done to it afterwards, in this order. */
  readonly augmentations: readonly Augmentation[];
  /** The image that is cut: the sample, or the partner of the pair drawn for it (see `PairTable`). Default: `sample`. */
  readonly image?: 'sample' | 'partner';
  /**
   * What the crop takes for the whole picture: the image, or the region of it that the drawn pair names. `pair` with crop
   * `whole` is that region itself, as in ORL; other crops allowed there are `random-resized` and `module`. Default: `image`.
   */
  readonly area?: 'image' | 'pair';
}

/** The views of one image. Plain data: it crosses to worker threads and can be written to a file. */
export interface ViewPlan {
  readonly views: readonly ViewSpec[];
  /** Asks for a score of every crop by the heat map of its image's region, in `Batch.scores`. Default: no scores. */
  readonly scores?: CropScores;
}

/** How crops are scored; see `cropScore` of `@ssl-scene/cropping`. */
export interface CropScores {
  /** Cells of the enlarged heat map for each of its places, along either side; equal to a sampler's, it is made once. Default 8. */
  readonly grid?: number;
}

const LARGEST_SIZE = 4096;
const PAIR_CROPS: readonly CropSpec['kind'][] = ['whole', 'random-resized', 'module'];

/** Error unless the plan has views with names of their own, usable sizes, and crops and augmentations that can be made. */
export function checkViewPlan(plan: ViewPlan): void {
  if (plan.views.length === 0) {
    throw badPlan('plan.views', 'at least one view', 'none', 'Add a view, for example { name: "a", size: 224, … }.');
  }
  const { grid = 1 } = plan.scores ?? {};
  if (!Number.isInteger(grid) || grid < 1) {
    throw badPlan('plan.scores.grid', 'a whole number from 1', String(grid), 'Correct the value.');
  }
  const names = new Set<string>();
  for (const view of plan.views) {
    if (typeof view.name !== 'string' || view.name === '') {
      const found = JSON.stringify(view.name);
      throw badPlan('a view of the plan', 'a name', found, 'Name every view, for example "a" and "b".');
    }
    if (names.has(view.name)) {
      const fix = 'Name them apart: two views of one name would get the same random draws.';
      throw badPlan('plan.views', 'names that differ', `"${view.name}" twice`, fix);
    }
    names.add(view.name);
    checkView(view);
  }
}

/** Whether a view needs the pair that is drawn for its image. */
export function needsPair({ image, area }: ViewSpec): boolean {
  return image === 'partner' || area === 'pair';
}

function checkView({ name, size, crop, augmentations, image = 'sample', area = 'image' }: ViewSpec): void {
  const where = `view "${name}"`;
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_SIZE) {
    throw badPlan(where, `a size from 1 to ${LARGEST_SIZE}`, String(size), 'Give the side in whole pixels.');
  }
  checkChoice(`${where}, image`, image, ['sample', 'partner']);
  checkChoice(`${where}, area`, area, ['image', 'pair']);
  checkCropSpec(crop, `${where}, crop`);
  checkAugmentations(augmentations, `${where}, augmentations`);
  if (area === 'pair' && !PAIR_CROPS.includes(crop.kind)) {
    const expected = `a crop of kind ${PAIR_CROPS.join(', ')} inside the region of a pair`;
    throw badPlan(`${where}, crop`, expected, crop.kind, 'What is known of the whole image does not hold in there.');
  }
}

function checkChoice(where: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw badPlan(where, choices.join(' or '), JSON.stringify(value), 'Choose one of these.');
}

function badPlan(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_VIEW_PLAN', where, expected, found, fix });
}
