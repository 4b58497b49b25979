import { openSyntheticScenes } from '@ssl-scene/synthetic-scenes';
import type { Config } from './config/config.ts';
import type { RunData } from './data.ts';

/**
 * Where objects are taken from: the bank's and the test images; of generated scenes the training scenes, and as many others
 * as there are test images.
 */
export async function boxData({ data }: Config, found: RunData): Promise<Pick<RunData, 'bank' | 'test'>> {
  if (data.kind !== 'synthetic-scenes') return found;
  const { testImages, size, classes, objects, objectSize, clutter, seed } = data;
  const common = { size, classes, objects, objectSize, clutter };
  const scenes = await openSyntheticScenes({ ...common, split: 'scenes', images: testImages, seed: seed + 1 });
  return { bank: found.train, test: scenes.source };
}
