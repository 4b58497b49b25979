import { join } from 'node:path';
import { ImageDecoder } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { fixtureBytes } from './fixtures.ts';

/** One of the pictures of `fixtures/make-icc.py`. */
interface Converted {
  readonly file: string;
  readonly width: number;
  readonly mean: readonly number[];
  readonly meanIgnored: readonly number[];
  /** The first eight pixels of the first two rows. */
  readonly corner: readonly number[];
}

const cases: Converted[] = JSON.parse(new TextDecoder().decode(fixtureBytes('icc-conversion.json'))).files;
const available = sharedData('awkward-images') !== undefined && sharedData('coco-mini') !== undefined;

function means(data: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3]! += data[i]!;
  return sums.map((sum) => sum / (data.length / 3));
}

describe.skipIf(!available)('colour profiles (need shared/data)', () => {
  it.each(cases)('$file: converted as Pillow converts, and ignored unless asked', async (item) => {
    const path = join(sharedData('awkward-images')!, '..', item.file);
    const converted = await new ImageDecoder({ colourProfile: 'convert' }).decodeFile(path);
    for (const [channel, mean] of means(converted.data).entries()) {
      expect(Math.abs(mean - item.mean[channel]!)).toBeLessThan(0.25);
    }
    const columns = Math.min(8, item.width);
    for (const [i, value] of item.corner.entries()) {
      const at = Math.floor(i / (3 * columns)) * item.width * 3 + (i % (3 * columns));
      expect(Math.abs(converted.data[at]! - value), `value ${i}`).toBeLessThanOrEqual(1);
    }
    const ignored = await new ImageDecoder().decodeFile(path);
    for (const [channel, mean] of means(ignored.data).entries()) {
      expect(Math.abs(mean - item.meanIgnored[channel]!)).toBeLessThan(0.01);
    }
  });
});
