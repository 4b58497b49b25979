import { checkPictures, ImageDecoder } from '@ssl-scene/datasets';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const PICTURES = 400;
/** Allocators settle during the first round; later ones must not add to it. */
const GROWTH_LIMIT = 80e6;

/** A picture of the size of COCO's. */
async function photo(salt: number): Promise<Buffer> {
  const pixels = sharp(rgbNoise(160, 120, salt), { raw: { width: 160, height: 120, channels: 3 } });
  return await pixels.resize(640, 480).jpeg().toBuffer();
}

it('D29: memory stays flat over thousands of decodes', { timeout: 600_000 }, async () => {
  const file = await photo(1);
  const decoder = new ImageDecoder();
  const resident: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < PICTURES; i++) expect((await decoder.decode(file, 'soak.jpg')).width).toBe(640);
    resident.push(process.memoryUsage().rss);
  }
  decoder.close();
  expect(Math.max(...resident.slice(1)) - resident[0]!).toBeLessThan(GROWTH_LIMIT);
});

it('checking many pictures keeps only their traits', { timeout: 600_000 }, async () => {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < PICTURES; i++) files[`${i}.jpg`] = await photo(i);
  const root = temporaryFolder(files);
  await checkPictures(root);
  const start = process.memoryUsage().rss;
  const report = await checkPictures(root);
  expect(report.pictures).toBe(PICTURES);
  // Decoded, these would be 370 MB.
  expect(process.memoryUsage().rss - start).toBeLessThan(GROWTH_LIMIT);
});
