import { type Tensor, tf } from '@ssl-scene/tensors';
import { type GaussianKernel, gaussianBlur, scaledKernel } from './gaussian-blur.ts';

/** The paper's filter at 224 pixels. */
const PAPER_KERNEL: GaussianKernel = { kernel: 11, sigma: 5 };

export interface HighPassOptions {
  /** Length of the blur that is taken away, odd. Default: 11 at 224 pixels, in proportion at other sizes, at least 3. */
  readonly kernel?: number;
  /** Its standard deviation in pixels. Default: 5/11 of the kernel's length. */
  readonly sigma?: number;
}

/**
 * Images without their low frequencies: x - blur(x). A network that was pre-trained on such images must see them in evaluation
 * too.
 *
 * @param images (N, H, W, C), normalised. @returns the same shape.
 */
export function highPass(images: Tensor, options: HighPassOptions = {}): Tensor {
  return tf.sub(images, gaussianBlur(images, kernelFor(images, PAPER_KERNEL, options)));
}

/** The kernel of the options for these images: what the options leave out follows the shorter side. */
export function kernelFor(images: Tensor, paper: GaussianKernel, options: Partial<GaussianKernel>): GaussianKernel {
  const side = Math.min(images.shape[1]!, images.shape[2]!);
  const { kernel = scaledKernel(paper, side).kernel } = options;
  const { sigma = (paper.sigma * kernel) / paper.kernel } = options;
  return { kernel, sigma };
}
