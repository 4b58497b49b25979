import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type DatasetSource, findDataset, openDataset } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

// Counts and pixels of the shared data, as Pillow and NumPy read them: see fixtures/make-real-pixels.py.

interface Part {
  readonly images: number;
  readonly sha256: Readonly<Record<string, string>>;
}

const { versions: _, ...SETS } = JSON.parse(
  readFileSync(new URL('fixtures/real-pixels.json', import.meta.url), 'utf8'),
) as Record<string, Readonly<Record<string, Part>>>;

/** The parts of a set in the order of the fixture. */
function sourcesOf(name: string, folder: string): DatasetSource[] {
  switch (name) {
    case 'cifar10':
      return ['data_batch_1.bin', 'test_batch.bin'].map((file) => ({ kind: 'cifar10', files: [`${folder}/${file}`] }));
    case 'coco-mini':
      return [
        {
          kind: 'coco',
          images: `${folder}/val2017`,
          annotations: `${folder}/annotations/instances_val2017.json`,
        },
      ];
    case 'ecssd-300':
      return [{ kind: 'saliency-folders', images: `${folder}/images`, masks: `${folder}/masks` }];
    default:
      return (['train', 'test'] as const).map((split) => findDataset(folder, { split }));
  }
}

describe.each(Object.entries(SETS))('%s', (name, parts) => {
  const folder = sharedData(name);

  it.skipIf(folder === undefined)('has the images that are there, to the pixel (needs shared/data)', async () => {
    const sources = sourcesOf(name, folder!);
    expect(sources).toHaveLength(Object.keys(parts).length);
    for (const [i, { images, sha256 }] of Object.values(parts).entries()) {
      const dataset = await openDataset(sources[i]!);
      expect(dataset.length).toBe(images);
      const indexOf = new Map<string, number>();
      for (let index = 0; index < images; index++) {
        const file = dataset.file?.(index);
        indexOf.set(file === undefined ? String(index) : `${name}/${relative(folder!, file)}`, index);
      }
      for (const [key, digest] of Object.entries(sha256)) {
        const { data } = await dataset.pixels(indexOf.get(key)!);
        expect(createHash('sha256').update(data).digest('hex').slice(0, 24), key).toBe(digest);
      }
      dataset.close?.();
    }
  });
});
