import type { ImageDataset, LabelledBox } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { randomStream } from '@ssl-scene/random';

/** An object of a data set. */
export interface ObjectBox {
  /** Index of its image. */
  readonly image: number;
  /** In pixels of the image. */
  readonly box: LabelledBox;
}

/**
 * The labelled objects of a data set, image by image; crowds and objects that evaluators ignore are left out.
 *
 * @param most of more objects, so many drawn at random, always the same.
 * @throws SceneError NO_BOXES
 */
export function objectBoxes(dataset: ImageDataset, most: number): ObjectBox[] {
  const found: ObjectBox[] = [];
  for (let image = 0; dataset.boxes && image < dataset.length; image++) {
    for (const box of dataset.boxes(image)) {
      if (box.label >= 0 && !box.crowd && !box.difficult) found.push({ image, box });
    }
  }
  if (found.length === 0) throw noBoxes(dataset);
  if (found.length <= most) return found;
  const drawn = randomStream(0, 'boxes to evaluate').permutation(found.length).subarray(0, most).sort();
  return Array.from(drawn, (place) => found[place]!);
}

function noBoxes({ name, length }: ImageDataset): SceneError {
  return new SceneError({
    code: 'NO_BOXES',
    expected: 'labelled boxes',
    found: `none in ${length} images`,
    where: name,
    fix: 'Evaluate whole images: --on images',
  });
}
