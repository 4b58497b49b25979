import { SceneError } from '@ssl-scene/errors';
import type { Tensor } from '@ssl-scene/tensors';

/** Throws unless the tensor holds images (N, H, W, C). */
export function checkImages(where: string, images: Tensor): void {
  if (images.rank === 4) return;
  throw new SceneError({
    code: 'IMAGE_SHAPE',
    expected: 'images (N, H, W, C)',
    found: `shape [${images.shape.join(', ')}]`,
    where,
    fix: 'Give a batch of images with the channels last.',
  });
}
