import { SceneError } from '@ssl-scene/errors';
import type { CropSpec } from './crop-spec.ts';
import { checkCropSpec } from './crop-spec-check.ts';

/** Views that are made alike. */
export interface CropGroup {
  /** Beginning of the views' names, which are `<name>-1`, `<name>-2`, … */
  readonly name: string;
  /** Number of views. */
  readonly views: number;
  /** Width and height of the views in pixels. */
  readonly size: number;
  readonly crop: CropSpec;
}

/** A view of a multi-crop: what a view plan needs apart from augmentations. */
export interface NamedCrop {
  readonly name: string;
  readonly size: number;
  readonly crop: CropSpec;
}

/**
 * Multi-crop (Caron et al. 2020) with any samplers: several views of an image in groups of a size and a way to crop each.
 * Saliency crops of a group share their part of the image two by two (views 1 and 2, 3 and 4, …): each such pair gets a
 * slot of its own, counted over all groups, so that pairs look at different parts where the image has several.
 */
export function multiCrop(groups: readonly CropGroup[]): NamedCrop[] {
  const views: NamedCrop[] = [];
  let nextSlot = 0;
  for (const { name, views: count, size, crop } of groups) {
    checkCropSpec(crop, `group "${name}", crop`);
    if (!Number.isInteger(count) || count < 1) throw badCount(name, count);
    for (let view = 0; view < count; view++) {
      const ownCrop = crop.kind === 'saliency' ? { ...crop, slot: nextSlot + Math.floor(view / 2) } : crop;
      views.push({ name: `${name}-${view + 1}`, size, crop: ownCrop });
    }
    if (crop.kind === 'saliency') nextSlot += Math.ceil(count / 2);
  }
  return views;
}

function badCount(name: string, count: number): SceneError {
  return new SceneError({
    code: 'BAD_VALUE',
    expected: 'a whole number of at least 1',
    found: String(count),
    where: `multiCrop, group "${name}", views`,
    fix: 'Give the number of views, or leave the group out.',
  });
}
