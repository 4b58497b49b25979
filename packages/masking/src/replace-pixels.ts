import { type Tensor, tf } from '@ssl-scene/tensors';

/**
 * Images with some of their pixels replaced.
 *
 * @param images (N, H, W, C). @param mask 1 where pixels are replaced, 0 elsewhere, of the images' shape or (N, H, W, 1).
 * @param fill what they are replaced by, broadcast to the images.
 */
export function replacePixels(images: Tensor, mask: Tensor, fill: Tensor): Tensor {
  return tf.where(tf.cast(mask, 'bool'), fill, images);
}
