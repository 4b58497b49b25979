import type { BadImage } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';

/**
 * What happens in a batch with an image that cannot be read. `throw`: the epoch ends with an error that names it. `skip`: the
 * batch comes without that row, and the image is tried again the next time. `quarantine`: likewise, but it is not touched again.
 * `blank`: the row is there, grey, and listed in `blankRows`. Another image never takes its place.
 */
export type BadImagePolicy = 'throw' | 'skip' | 'quarantine' | 'blank';

/** Whether batches come without the rows of bad images. */
export function leavesOutBad(policy: BadImagePolicy): boolean {
  return policy === 'skip' || policy === 'quarantine';
}

/** The error for a bad image under the policy `throw`. */
export function badImageError(image: BadImage, step: number): SceneError {
  return new SceneError({
    code: 'BAD_IMAGE',
    expected: 'images that can be read',
    found: image.message,
    where: `image ${image.index}, "${image.id}", step ${step}`,
    fix: "Repair or remove the file, or pass onBadImage: 'skip', 'quarantine' or 'blank'.",
  });
}
