import { BadImages, type ImageDataset, openDataset } from '@ssl-scene/datasets';
import { describe, expect, it } from 'vitest';
import { picture, rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Ten pictures, of which number 3 is half a JPEG, 5 text and 8 empty. */
async function mixedFolder(): Promise<ImageDataset> {
  const files: Record<string, Uint8Array | string> = {};
  for (let i = 0; i < 10; i++) files[`${i}.jpg`] = await picture('png', 4, 4, i);
  const jpeg = await picture('jpeg', 64, 64);
  files['3.jpg'] = jpeg.subarray(0, jpeg.length / 2);
  files['5.jpg'] = 'not a picture';
  files['8.jpg'] = '';
  return await openDataset({ kind: 'image-folder', root: temporaryFolder(files) });
}

describe('BadImages', () => {
  it('D11: passes the error on under `throw`, and records it', async () => {
    const dataset = await mixedFolder();
    const badImages = new BadImages();
    expect((await badImages.read(dataset, 2))?.data).toEqual(rgbNoise(4, 4, 2));
    await expect(badImages.read(dataset, 3)).rejects.toThrowError(/BROKEN_IMAGE.*3\.jpg/);
    expect(badImages.list()).toMatchObject([{ index: 3, id: '3.jpg', code: 'BROKEN_IMAGE' }]);
  });

  it.each(['skip', 'quarantine'] as const)(
    'D11: under `%s` leaves bad pictures out, once in the list, and no index moves',
    async (policy) => {
      const dataset = await mixedFolder();
      const badImages = new BadImages(policy);
      for (let epoch = 0; epoch < 2; epoch++) {
        for (let i = 0; i < dataset.length; i++) {
          const raster = await badImages.read(dataset, i);
          if ([3, 5, 8].includes(i)) expect(raster).toBeUndefined();
          else expect(raster?.data).toEqual(rgbNoise(4, 4, i));
        }
      }
      expect(badImages.count).toBe(3);
      expect(badImages.list().map(({ id, code }) => [id, code])).toEqual([
        ['3.jpg', 'BROKEN_IMAGE'],
        ['5.jpg', 'NOT_AN_IMAGE'],
        ['8.jpg', 'NOT_AN_IMAGE'],
      ]);
    },
  );

  it('tries a bad picture again under `skip`, and never under `quarantine`', async () => {
    const dataset = await mixedFolder();
    let reads = 0;
    const counting: ImageDataset = Object.assign(Object.create(dataset) as ImageDataset, {
      pixels: (index: number) => {
        reads++;
        return dataset.pixels(index);
      },
    });
    for (const [policy, expected] of [
      ['skip', 3],
      ['quarantine', 1],
    ] as const) {
      reads = 0;
      const badImages = new BadImages(policy);
      for (let i = 0; i < 3; i++) await badImages.read(counting, 5);
      expect(reads).toBe(expected);
    }
    reads = 0;
    const known = new BadImages('quarantine', [{ index: 5, id: '5.jpg', code: 'NOT_AN_IMAGE', message: '' }]);
    expect(await known.read(counting, 5)).toBeUndefined();
    expect(reads).toBe(0);
  });

  it('passes on errors that are not about a picture, whatever the policy', async () => {
    const dataset = await mixedFolder();
    await expect(new BadImages('skip').read(dataset, 99)).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' });
  });
});
