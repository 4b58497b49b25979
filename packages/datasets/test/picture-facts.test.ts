import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decisionsFor, ImageDecoder, type PictureFacts, readJpegHeader, readPictureFacts } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orientRaster } from '../src/orientation.ts';
import { rgbNoise } from './pictures.ts';

const noise = () => sharp(rgbNoise(12, 7), { raw: { width: 12, height: 7, channels: 3 } });

describe('readPictureFacts', () => {
  const PLAIN = { width: 12, height: 7, hasAlpha: false, orientation: 1, frames: 1, hasProfile: false };

  it('reads what sharp writes', async () => {
    const facts = async (pipeline: Sharp): Promise<PictureFacts | undefined> =>
      readPictureFacts(await pipeline.toBuffer());
    expect(await facts(noise().jpeg())).toEqual({ ...PLAIN, format: 'jpeg', mode: 'rgb', bits: 8 });
    expect(await facts(noise().greyscale().toColourspace('b-w').jpeg())).toEqual({
      ...PLAIN,
      format: 'jpeg',
      mode: 'grey',
      bits: 8,
    });
    expect(await facts(noise().withMetadata({ orientation: 6 }).jpeg())).toMatchObject({ orientation: 6 });
    expect(await facts(noise().png())).toEqual({ ...PLAIN, format: 'png', mode: 'rgb', bits: 8 });
    expect(await facts(noise().png({ palette: true }))).toMatchObject({ mode: 'palette' });
    expect(await facts(noise().ensureAlpha(0.5).webp())).toMatchObject({ format: 'webp', width: 12, hasAlpha: true });
    expect(await facts(noise().webp({ lossless: true }))).toEqual({ ...PLAIN, format: 'webp', mode: 'rgb', bits: 8 });
    expect(await facts(noise().withIccProfile('p3').webp())).toMatchObject({ hasProfile: true });
    expect(await facts(noise().tiff({ compression: 'lzw' }))).toMatchObject({ format: 'tiff', mode: 'rgb', bits: 8 });
    expect(await facts(noise().avif())).toMatchObject({ format: 'avif', width: 12, height: 7, mode: 'rgb', bits: 8 });
  });

  it('reads bitmaps and pixmaps', () => {
    const bmp = Buffer.alloc(58);
    bmp.write('BM');
    bmp.writeUInt32LE(40, 14);
    bmp.writeInt32LE(12, 18);
    bmp.writeInt32LE(-7, 22);
    bmp.writeUInt16LE(4, 28);
    expect(readPictureFacts(bmp)).toEqual({ ...PLAIN, format: 'bmp', mode: 'palette', bits: 4 });
    const pgm = Buffer.from('P5 12 7\n#note\n1023\n');
    expect(readPictureFacts(pgm)).toEqual({ ...PLAIN, format: 'ppm', mode: 'grey', bits: 16 });
  });

  it('knows nothing of other files, or of headers that are cut', async () => {
    expect(readPictureFacts(Buffer.from('no picture'))).toBeUndefined();
    const png = await noise().png().toBuffer();
    for (let length = 0; length < 25; length++) expect(readPictureFacts(png.subarray(0, length))).toBeUndefined();
  });
});

describe('readJpegHeader', () => {
  it('tells how a file is coded, and does not stumble over files that are cut', async () => {
    const file = await noise().jpeg().toBuffer();
    const plain = { components: 3, bits: 8, frames: 1, orientation: 1, hasProfile: false, hasScan: true };
    expect(readJpegHeader(file)).toEqual({ ...plain, width: 12, height: 7, coding: 'sequential' });
    expect(readJpegHeader(await noise().jpeg({ progressive: true }).toBuffer())?.coding).toBe('progressive');
    for (let length = 0; length < file.length; length++) {
      const header = readJpegHeader(file.subarray(0, length));
      if (header !== undefined) expect(header).toMatchObject({ width: 12, height: 7 });
    }
  });

  it('counts frames, knows other methods, and passes over fill bytes', async () => {
    const file = await noise().jpeg().toBuffer();
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    const end = frame + 2 + file.readUInt16BE(frame + 2);
    const [before, segment, after] = [file.subarray(0, frame), file.subarray(frame, end), file.subarray(end)];
    expect(readJpegHeader(Buffer.concat([before, segment, segment, after]))?.frames).toBe(2);
    expect(readJpegHeader(Buffer.concat([before, Buffer.from([0xff, 0xff]), segment, after]))?.frames).toBe(1);
    const lossless = Buffer.from(file);
    lossless[frame + 1] = 0xc3;
    expect(readJpegHeader(lossless)?.coding).toBe('other');
  });
});

describe('decisions', () => {
  it('are those that the header calls for', async () => {
    const { data, info } = await noise().ensureAlpha(0.5).raw().toBuffer({ resolveWithObject: true });
    const deep = Uint16Array.from(data, (value) => value * 257);
    const raw = { raw: { width: info.width, height: info.height, channels: 4 as const, depth: 'ushort' as const } };
    const file = await sharp(deep, raw).toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    const facts = readPictureFacts(file)!;
    expect(decisionsFor(facts, { colourProfile: 'ignore' })).toEqual([
      'reduced-to-8-bits',
      'transparency-filled',
      'profile-ignored',
    ]);
    expect(decisionsFor(facts, { colourProfile: 'convert' })).toContain('profile-converted');
  });
});

const images = sharedData('awkward-images');

/** Where this package counts otherwise than Pillow, on purpose. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'animated/apng_num_plays.png': 'Pillow counts the still picture before the animation',
  'broken/truncated_app14.jpg': 'a segment that lies about its length',
  'colour/16bit.cropped.jp2': 'not a format of this package',
  'exif/exif_imagemagick_orientation.png': 'the orientation stands in compressed text',
};

interface ManifestEntry {
  readonly file: string;
  readonly 'pillow_9.4.0': {
    readonly decodes: boolean;
    readonly size?: readonly [number, number];
    readonly orientation?: number;
    readonly frames?: number;
  };
}

describe.skipIf(images === undefined)('the difficult files (need shared/data)', () => {
  let decoder: ImageDecoder;
  let entries: ManifestEntry[];
  beforeAll(() => {
    decoder = new ImageDecoder();
    entries = JSON.parse(readFileSync(join(images!, 'manifest.json'), 'utf8'));
  });
  afterAll(() => decoder.close());

  it('have the size, orientation and frames that Pillow sees', () => {
    let compared = 0;
    for (const { file, 'pillow_9.4.0': pillow } of entries) {
      if (!pillow.decodes || OTHERWISE[file] !== undefined) continue;
      const facts = readPictureFacts(readFileSync(join(images!, file)));
      const { orientation = 1, frames = 1 } = pillow;
      expect([file, facts?.width, facts?.height, facts?.orientation, facts?.frames]).toEqual([
        file,
        ...pillow.size!,
        orientation >= 1 && orientation <= 8 ? orientation : 1,
        frames,
      ]);
      compared++;
    }
    expect(compared).toBeGreaterThan(85);
  });

  it('D01: AVIF tells its turns, and they are those that decoding makes', async () => {
    const read = async (name: string) => await decoder.decodeFile(join(images!, 'exif', name));
    const turned = entries.filter(({ file }) => /exif\/rot\dmir\d\.avif$/.test(file));
    expect(turned.length).toBeGreaterThan(4);
    for (const { file } of turned) {
      const facts = readPictureFacts(readFileSync(join(images!, file)))!;
      const raster = await read(file.slice(5));
      // The stored pixels cannot be had; the size tells whether the sides are exchanged.
      const stored = { width: facts.width, height: facts.height, data: new Uint8Array(facts.width * facts.height * 3) };
      const { width, height } = orientRaster(stored, facts.orientation);
      expect([file, width, height]).toEqual([file, raster.width, raster.height]);
    }
  });

  it('are counted by what decoding did to them', async () => {
    const counting = new ImageDecoder();
    for (const name of ['landscape_6.jpg', 'landscape_1.jpg', 'landscape_8.jpg']) {
      await counting.decodeFile(join(images!, 'exif', name));
    }
    await counting.decodeFile(join(images!, 'animated', 'animated-loop-3.gif'));
    await counting.decodeFile(join(images!, 'broken', 'half.jpg')).catch(() => undefined);
    expect(counting.decisions()).toMatchObject({
      'turned-upright': 2,
      'first-frame-taken': 1,
      'palette-to-rgb': 1,
      'grey-to-rgb': 0,
    });
    counting.close();
  });
});
