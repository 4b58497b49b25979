import { checkKernel, type GaussianKernel, gaussianBlur } from './gaussian-blur.ts';
import { kernelFor } from './high-pass.ts';
import { meanStrategy } from './mean-strategy.ts';
import type { Strategy } from './strategy.ts';

/** Patches are cut from a strongly blurred copy of the view. */
export interface BlurStrategySpec {
  readonly kind: 'blur';
  /** Length of the kernel, odd. Default: 31 at 224 pixels, in proportion at other sizes, at least 3. */
  readonly kernel?: number;
  /** Standard deviation in pixels. Default: 10/31 of the kernel's length. */
  readonly sigma?: number;
}

/** The paper's blur at 224 pixels. */
const PAPER_KERNEL: GaussianKernel = { kernel: 31, sigma: 10 };

export function blurStrategy(spec: BlurStrategySpec): Strategy {
  checkKernel({ ...PAPER_KERNEL, ...spec });
  return {
    ...meanStrategy(),
    fill: (view) => gaussianBlur(view, kernelFor(view, PAPER_KERNEL, spec)),
  };
}
