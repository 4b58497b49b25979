import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DatasetSource, findDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { openSyntheticScenes, type SyntheticSceneOptions } from '@ssl-scene/synthetic-scenes';
import type { Config } from './config/config.ts';

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
  return collection(data, folder);
}

type Collection = Exclude<Config['data'], { kind: 'synthetic-scenes' }>;

function collection(data: Collection, root: string): RunData {
  switch (data.kind) {
    case 'imagenet': {
      const { kind, classes } = data;
      const part = (split: 'train' | 'val'): DatasetSource => ({ kind, root, split, ...(classes && { classes }) });
      return { train: part('train'), bank: part('train'), test: part('val') };
    }
    case 'coco':
      return cocoData(data, root);
    default: {
      const [train, test] = [found(data, root, 'train'), found(data, root, 'test')];
      if (data.kind !== 'stl10' || !data.unlabelled) return { train, bank: train, test };
      const unlabelled: DatasetSource = { kind: 'stl10', root, split: 'unlabelled' };
      return { train: { kind: 'concatenated', sources: [train, unlabelled] }, bank: train, test };
    }
  }
}

function found(data: Collection, folder: string, split: 'train' | 'test'): DatasetSource {
  const source = withExclusions(data, findDataset(folder, { split }));
  if (readdirSync(folder).length === 0) {
    throw new SceneError({
      code: 'DATA_EMPTY',
      expected: `a folder with ${data.kind} data`,
      found: 'an empty folder',
      where: folder,
      fix: 'Unpack the data set there, or name another folder.',
    });
  }
  if (source.kind !== data.kind) {
    throw new SceneError({
      code: 'DATA_KIND',
      expected: `${data.kind} as the configuration says`,
      found: source.kind,
      where: folder,
      fix: `Name another folder, or --set data.kind=${source.kind}`,
    });
  }
  return data.kind === 'cifar100' ? ({ ...source, labels: data.labels } as DatasetSource) : source;
}

function withExclusions(data: Collection, source: DatasetSource): DatasetSource {
  if (data.kind !== 'image-folder' || source.kind !== 'image-folder' || data.excludeLists === undefined) return source;
  return { ...source, excludeLists: data.excludeLists };
}

function cocoData({ year, unlabelled }: Extract<Collection, { kind: 'coco' }>, root: string): RunData {
  const part = (split: string, annotations: string): DatasetSource => ({
    kind: 'coco',
    images: join(root, `${split}${year}`),
    annotations: join(root, 'annotations', `${annotations}${year}.json`),
  });
  const train = part('train', 'instances_train');
  const more = part('unlabeled', 'image_info_unlabeled');
  return {
    train: unlabelled ? { kind: 'concatenated', sources: [train, more] } : train,
    bank: train,
    test: part('val', 'instances_val'),
  };
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
