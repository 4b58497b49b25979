import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { detectFormat, ImageDecoder, type ImageFormat, isImageFault, readPictureFacts } from '@ssl-scene/datasets';
import { randomStream } from '@ssl-scene/random';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { decodePalettePng } from '../src/palette-png.ts';
import { fixtureBytes } from './fixtures.ts';
import { mutated } from './mutation.ts';
import { picture } from './pictures.ts';

const FILES = Number(process.env.SSL_SCENE_FUZZ ?? 10_000);
const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif', 'bmp', 'ico', 'ppm'];
/** Decoding a megapixel of a hundred formats must not need more. */
const MEMORY_LIMIT = 600e6;
const LARGEST_SEED = 20_000;

/** Files of a format to start from: made here, and the small ones among the difficult files where these are. */
async function seeds(format: ImageFormat): Promise<Uint8Array[]> {
  const made = ['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif'].includes(format)
    ? [await picture(format as 'jpeg', 16, 12), await picture(format as 'jpeg', 33, 5, 3)]
    : format === 'ppm'
      ? [Buffer.concat([Buffer.from('P6\n5 4\n255\n'), Buffer.alloc(60, 7)])]
      : [];
  const folder = sharedData('awkward-images');
  if (folder === undefined) return made;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size <= LARGEST_SEED)
    .map((path) => readFileSync(path));
  return [...made, ...files.filter((bytes) => detectFormat(bytes) === format)];
}

describe('mutated pictures become pictures or faults', () => {
  it.each(FORMATS)('%s', { timeout: 1_200_000 }, async (format) => {
    const files = await seeds(format);
    expect(files.length, 'files to start from; needs shared/data for some formats').toBeGreaterThan(0);
    const decoder = new ImageDecoder({ pixelLimit: 1_000_000, timeLimit: 10_000 });
    const random = randomStream(1, 'fuzz', format);
    const start = process.memoryUsage().rss;
    const outcomes = { pictures: 0, faults: 0 };
    for (let i = 0; i < FILES; i++) {
      const [file, other] = [files[random.integer(0, files.length)]!, files[random.integer(0, files.length)]!];
      const bytes = mutated(file, other, random);
      readPictureFacts(bytes);
      try {
        const { width, height, data } = await decoder.decode(bytes, `${format} ${i}`);
        expect(data.length).toBe(width * height * 3);
        expect(width * height).toBeLessThanOrEqual(1_000_000);
        outcomes.pictures++;
      } catch (error) {
        expect(isImageFault(error), `${format} ${i}: ${error}`).toBe(true);
        outcomes.faults++;
      }
    }
    decoder.close();
    expect(outcomes.pictures + outcomes.faults).toBe(FILES);
    expect(outcomes.faults).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - start).toBeLessThan(MEMORY_LIMIT);
  });

  it('palette masks', () => {
    const random = randomStream(1, 'fuzz', 'palette');
    const files = [fixtureBytes('voc-object-mask.png'), fixtureBytes('palette-2-bits.png')];
    for (let i = 0; i < FILES; i++) {
      try {
        const { width, height, data } = decodePalettePng(mutated(files[i % 2]!, files[0]!, random), String(i));
        expect(data.length).toBe(width * height);
      } catch (error) {
        expect(isImageFault(error), `${i}: ${error}`).toBe(true);
      }
    }
  });
});
