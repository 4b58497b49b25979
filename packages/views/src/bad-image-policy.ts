import type { BadImage } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';

/**
 * What happens in a batch with an image that cannot be read. `throw`: the epoch ends with an error that names it. `skip`: the
 * batch comes without that row. `blank`: the row is there, grey, and listed in `blankRows`. Another image never takes its place.
 */
export type BadImagePolicy = 'throw' | 'skip' | 'blank';

/** The error for a bad image under the policy `throw`. */
export function badImageError(image: BadImage, step: number): SceneError {
  return new SceneError({
    code: 'BAD_IMAGE',
    expected: 'images that can be read',
    found: image.message,
    where: `image ${image.index}, "${image.id}", step ${step}`,
    fix: "Repair or remove the file, or pass onBadImage: 'skip' or 'blank'.",
  });
}
