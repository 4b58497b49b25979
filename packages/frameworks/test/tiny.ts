import { type Backbone, cifarResnet } from '@ssl-scene/backbones';
import type { FrameworkBatch, PairSpec } from '@ssl-scene/frameworks';
import { loadNative } from '@ssl-scene/native';
import { type BackendName, tf } from '@ssl-scene/tensors';

/** The faster of this machine's backends. */
export const backend: BackendName = 'module' in loadNative() ? 'native' : 'wasm';

export const GLOBAL: PairSpec = { role: 'global', a: 'a', b: 'b' };

export const tinyBackbone = (): Backbone => cifarResnet({ depth: 8, width: 4 });

/** `size` images of 8 px in each of three views. */
export function tinyBatch(size: number, pairs: FrameworkBatch['pairs'] = [GLOBAL], seed = 1): FrameworkBatch {
  const view = (offset: number): tf.Tensor => tf.randomNormal([size, 8, 8, 3], 0, 1, 'float32', seed * 10 + offset);
  return {
    views: { a: view(1), b: view(2), negative: view(3) },
    pairs,
    inputs: { momentum: tf.scalar(0.9), teacherTemperature: tf.scalar(0.05) },
  };
}
