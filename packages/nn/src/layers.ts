import {
  type AveragePoolingOptions,
  avgPool2d as averagePooling,
  gelu as geluKernel,
  globalAvgPool,
  maxPool2d as maximumPooling,
  type PoolingOptions,
  relu as reluKernel,
  type Tensor,
} from '@ssl-scene/tensors';
import type { Module } from './module.ts';

const plain = (apply: (x: Tensor) => Tensor): Module => ({
  parameters: [],
  buffers: [],
  apply: (_variables, x) => apply(x),
});

/** max(x, 0). */
export const relu = (): Module => plain(reluKernel);

/** Gaussian error linear unit, the exact form. */
export const gelu = (): Module => plain(geluKernel);

/** Hands its input through. */
export const identity = (): Module => plain((x) => x);

/** Largest value of a sliding window. */
export const maxPool = (options: PoolingOptions): Module => plain((x) => maximumPooling(x, options));

/** Mean of a sliding window. */
export const averagePool = (options: AveragePoolingOptions): Module => plain((x) => averagePooling(x, options));

/** Mean over all places: (N, H, W, C) to (N, C). */
export const globalAveragePool = (): Module => plain(globalAvgPool);
