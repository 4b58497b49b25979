import { type DatasetSource, findDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { openSyntheticScenes, type SyntheticSceneOptions } from '@ssl-scene/synthetic-scenes';
import type { Config } from './config.ts';

/** The three sets of a run: to learn from without labels, and the labelled ones that the evaluators learn from and test on. */
export interface RunData {
  readonly train: DatasetSource;
  /** Equal to `train` for collections whose training images are labelled. */
  readonly bank: DatasetSource;
  readonly test: DatasetSource;
}

/**
 * Finds the data of a configuration.
 *
 * @param root the folder given with `--data`, which wins over the configuration's own.
 */
export async function findRunData({ data }: Pick<Config, 'data'>, root?: string): Promise<RunData> {
  if (data.kind === 'synthetic-scenes') {
    if (root !== undefined) {
      throw new SceneError({
        code: 'DATA_NOT_NEEDED',
        expected: 'no folder: the scenes are generated',
        found: root,
        where: '--data',
        fix: 'Leave --data out, or use a preset for real images.',
      });
    }
    return syntheticData(data);
  }
  const folder = root ?? data.root;
  if (folder === undefined) {
    throw new SceneError({
      code: 'DATA_MISSING',
      expected: `a folder with ${data.kind} data`,
      found: 'none given',
      where: '--data',
      fix: 'Add --data FOLDER, or data.root in the configuration.',
    });
  }
  const find = (split: 'train' | 'test'): DatasetSource => {
    const found = findDataset(folder, { split });
    if (found.kind !== data.kind) {
      throw new SceneError({
        code: 'DATA_KIND',
        expected: `${data.kind} as the configuration says`,
        found: found.kind,
        where: folder,
        fix: `Name another folder, or --set data.kind=${found.kind}`,
      });
    }
    return data.kind === 'cifar100' ? ({ ...found, labels: data.labels } as DatasetSource) : found;
  };
  const train = find('train');
  return { train, bank: train, test: find('test') };
}

type SyntheticData = Extract<Config['data'], { kind: 'synthetic-scenes' }>;

async function syntheticData(data: SyntheticData): Promise<RunData> {
  const { images, bankImages, testImages, size, classes, objects, objectSize, clutter, seed } = data;
  const common = { size, classes, clutter };
  const sourceOf = async (options: SyntheticSceneOptions): Promise<DatasetSource> =>
    (await openSyntheticScenes(options)).source;
  return {
    train: await sourceOf({ ...common, split: 'scenes', images, objects, objectSize, seed }),
    bank: await sourceOf({ ...common, split: 'single-object', images: bankImages, seed }),
    test: await sourceOf({ ...common, split: 'single-object', images: testImages, seed: seed + 1 }),
  };
}
