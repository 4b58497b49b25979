import type { Tensor } from '@ssl-scene/tensors';

/**
 * Heat maps as a pure function of tensors: normalised whole images (N, H, W, 3) → (N, h, w), any finite range. Can be put
 * inside `jit`.
 *
 * @param others a second view of each image, (N, H, W, 3), for maps that compare two views
 */
export type MapFunction = (images: Tensor, others?: Tensor) => Tensor;
