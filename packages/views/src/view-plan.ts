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
}

/** The views of one image. Plain data: it crosses to worker threads and can be written to a file. */
export interface ViewPlan {
  readonly views: readonly ViewSpec[];
}

const LARGEST_SIZE = 4096;

/** Error unless the plan has views with names of their own, usable sizes, and crops and augmentations that can be made. */
export function checkViewPlan(plan: ViewPlan): void {
  if (plan.views.length === 0) {
    throw badPlan('plan.views', 'at least one view', 'none', 'Add a view, for example { name: "a", size: 224, … }.');
  }
  const names = new Set<string>();
  for (const { name, size, crop, augmentations } of plan.views) {
    if (typeof name !== 'string' || name === '') {
      throw badPlan('a view of the plan', 'a name', JSON.stringify(name), 'Name every view, for example "a" and "b".');
    }
    if (names.has(name)) {
      const fix = 'Name them apart: two views of one name would get the same random draws.';
      throw badPlan('plan.views', 'names that differ', `"${name}" twice`, fix);
    }
    names.add(name);
    if (!Number.isInteger(size) || size < 1 || size > LARGEST_SIZE) {
      throw badPlan(
        `view "${name}"`,
        `a size from 1 to ${LARGEST_SIZE}`,
        String(size),
        'Give the side in whole pixels.',
      );
    }
    checkCropSpec(crop, `view "${name}", crop`);
    checkAugmentations(augmentations, `view "${name}", augmentations`);
  }
}

function badPlan(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_VIEW_PLAN', where, expected, found, fix });
}
