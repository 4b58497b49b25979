import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ImageDecoder, isImageFault } from '@ssl-scene/datasets';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../src/decode-image.ts';
import { resolveDecodeOptions } from '../src/decode-options.ts';
import { IsolatedDecoder } from '../src/isolated-decoder.ts';
import { type Orientation, orientBox, orientRaster, readOrientation } from '../src/orientation.ts';
import { picture, rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const decoder = new ImageDecoder();
afterAll(() => decoder.close());

const ORIENTATIONS: readonly Orientation[] = [1, 2, 3, 4, 5, 6, 7, 8];

describe('orientation', () => {
  it.each(ORIENTATIONS)('D01: orientation %i in JPEG, PNG, WebP and TIFF comes out upright', async (orientation) => {
    const raw = { raw: { width: 5, height: 3, channels: 3 as const } };
    const stored = { width: 5, height: 3, data: rgbNoise(5, 3) };
    const upright = orientRaster(stored, orientation);
    for (const format of ['png', 'tiff'] as const) {
      const file = await sharp(stored.data, raw)
        .withMetadata({ orientation })
        .toFormat(format, { compression: 'lzw' })
        .toBuffer();
      expect(await decoder.decode(file, format)).toEqual(upright);
    }
    const webp = await sharp(stored.data, raw).withMetadata({ orientation }).webp({ lossless: true }).toBuffer();
    expect(await decoder.decode(webp, 'webp')).toEqual(upright);
    const jpeg = await sharp(stored.data, raw).withMetadata({ orientation }).jpeg().toBuffer();
    const plain = await decoder.decode(await sharp(stored.data, raw).jpeg().toBuffer(), 'jpeg');
    expect(await decoder.decode(jpeg, 'jpeg')).toEqual(orientRaster(plain, orientation));
  });

  it('D01: boxes follow the pixels', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ORIENTATIONS),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        (orientation, x0, y0, width, height) => {
          const stored = { x0, y0, x1: Math.min(7, x0 + width), y1: Math.min(5, y0 + height) };
          const mark = (box: typeof stored, w: number, h: number): Uint8Array =>
            Uint8Array.from({ length: w * h * 3 }, (_, i) => {
              const x = Math.floor(i / 3) % w;
              const y = Math.floor(i / 3 / w);
              return x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1 ? 255 : 0;
            });
          const upright = orientRaster({ width: 7, height: 5, data: mark(stored, 7, 5) }, orientation);
          const box = orientBox(stored, 7, 5, orientation);
          expect(upright.data).toEqual(mark(box, upright.width, upright.height));
        },
      ),
    );
  });

  it('takes a missing, invalid or cut EXIF block for upright', () => {
    const exif = Uint8Array.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
    expect(readOrientation(exif)).toBe(6);
    for (let length = 0; length < 20; length++) expect(readOrientation(exif.subarray(0, length))).toBe(1);
    for (const value of [0, 9, 255]) expect(readOrientation(exif.with(19, value))).toBe(1);
  });
});

describe('colours', () => {
  it('D02: all 256 high bytes of a 16-bit ramp survive', async () => {
    const ramp = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const raw = { raw: { width: 256, height: 256, channels: 1 as const, depth: 'ushort' as const } };
    const file = await sharp(ramp, raw).toColourspace('grey16').png().toBuffer();
    const { data } = await decoder.decode(file, 'ramp.png');
    const expected = Uint8Array.from({ length: 65_536 * 3 }, (_, i) => Math.floor(i / 3) >> 8);
    expect(Buffer.compare(data, expected)).toBe(0);
  });

  it('D04: grey pictures get three equal channels', async () => {
    const grey = await sharp(rgbNoise(9, 7), { raw: { width: 9, height: 7, channels: 3 } })
      .greyscale()
      .jpeg()
      .toBuffer();
    const { width, height, data } = await decoder.decode(grey, 'grey.jpg');
    expect([width, height, data.length]).toEqual([9, 7, 9 * 7 * 3]);
    for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
  });

  it('D05: small pictures do not show memory that is not theirs', async () => {
    const files = await Promise.all(Array.from({ length: 20 }, (_, i) => picture('png', 3, 2, i)));
    const rasters = await Promise.all(files.map((file, i) => decoder.decode(file, `${i}.png`)));
    for (const [i, raster] of rasters.entries())
      expect(raster).toEqual({ width: 3, height: 2, data: rgbNoise(3, 2, i) });
  });

  it('D07: opaque RGBA equals RGB, and transparency shows the stated colour', async () => {
    const raw = { raw: { width: 8, height: 6, channels: 3 as const } };
    const opaque = await sharp(rgbNoise(8, 6), raw).ensureAlpha(1).png().toBuffer();
    expect(await decoder.decode(opaque, 'opaque.png')).toEqual({ width: 8, height: 6, data: rgbNoise(8, 6) });

    const red = {
      create: { width: 1, height: 1, channels: 4 as const, background: { r: 255, g: 0, b: 0, alpha: 0.2 } },
    };
    const glass = await sharp(red).png().toBuffer();
    expect([...(await decoder.decode(glass, 'glass.png')).data]).toEqual([255, 204, 204]);
    const overBlue = new ImageDecoder({ background: [0, 0, 255] });
    expect([...(await overBlue.decode(glass, 'glass.png')).data]).toEqual([51, 0, 204]);
  });

  it('refuses options outside their range', () => {
    expect(() => new ImageDecoder({ background: [0, 0, 256] })).toThrowError(/BAD_OPTION.*background/);
    expect(() => new ImageDecoder({ pixelLimit: 0 })).toThrowError(/BAD_OPTION.*pixelLimit/);
    expect(() => new ImageDecoder({ timeLimit: 0 })).toThrowError(/BAD_OPTION.*timeLimit/);
  });
});

describe('bitmaps and pixmaps', () => {
  /** A bitmap file with a 40-byte header; `rows` are stored bottom up, already padded. */
  const bmp = (
    width: number,
    height: number,
    bits: number,
    compression: number,
    extra: Buffer,
    pixels: Buffer,
  ): Buffer => {
    const header = Buffer.alloc(54);
    header.write('BM');
    header.writeUInt32LE(54 + extra.length, 10);
    header.writeUInt32LE(40, 14);
    header.writeInt32LE(width, 18);
    header.writeInt32LE(height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(compression, 30);
    return Buffer.concat([header, extra, pixels]);
  };
  const decode = async (file: Buffer): Promise<number[]> => [...(await decoder.decode(file, 'x.bmp')).data];

  it('reads 24 bits, bottom up and top down', async () => {
    const rows = Buffer.from([1, 2, 3, 0, 4, 5, 6, 0]);
    expect(await decode(bmp(1, 2, 24, 0, Buffer.alloc(0), rows))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await decode(bmp(1, -2, 24, 0, Buffer.alloc(0), rows))).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it('reads 16 bits of five each, and bit fields', async () => {
    const white = Buffer.from([0xff, 0x7f, 0, 0]);
    expect(await decode(bmp(1, 1, 16, 0, Buffer.alloc(0), white))).toEqual([255, 255, 255]);
    const masks = Buffer.alloc(12);
    masks.writeUInt32LE(0xf800, 0);
    masks.writeUInt32LE(0x07e0, 4);
    masks.writeUInt32LE(0x001f, 8);
    expect(await decode(bmp(1, 1, 16, 3, masks, Buffer.from([0xe0, 0x07, 0, 0])))).toEqual([0, 255, 0]);
  });

  it('reads palettes of one bit and run lengths of four and eight bits', async () => {
    const palette = (colours: number): Buffer =>
      Buffer.from(Array.from({ length: colours }, (_, i) => [i, i + 1, i + 2, 0]).flat());
    const [zero, one] = [
      [2, 1, 0],
      [3, 2, 1],
    ];
    expect(await decode(bmp(3, 1, 1, 0, palette(2), Buffer.from([0b01000000, 0, 0, 0])))).toEqual(
      [zero, one, zero].flat(),
    );
    expect(await decode(bmp(3, 1, 8, 1, palette(256), Buffer.from([2, 1, 1, 0, 0, 1])))).toEqual(
      [one, one, zero].flat(),
    );
    expect(await decode(bmp(3, 1, 4, 2, palette(16), Buffer.from([3, 0x10, 0, 1])))).toEqual([one, zero, one].flat());
    expect(await decode(bmp(3, 1, 8, 1, palette(256), Buffer.from([0, 3, 1, 0, 1, 0, 0, 1])))).toEqual(
      [one, zero, one].flat(),
    );
  });

  it('reads pixmaps and graymaps with comments, and scales other maxima to 255', async () => {
    const ppm = Buffer.concat([Buffer.from('P6 # note\n2 1\n255\n'), Buffer.from([1, 2, 3, 4, 5, 6])]);
    expect(await decoder.decode(ppm, 'x.ppm')).toEqual({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    const pgm = Buffer.concat([Buffer.from('P5\n1 1\n1023\n'), Buffer.from([3, 255])]);
    expect([...(await decoder.decode(pgm, 'x.pgm')).data]).toEqual([255, 255, 255]);
  });

  it('refuses what their headers promise and the file does not hold', async () => {
    const cases: [Buffer, string][] = [
      [Buffer.from('P6\n30000 30000\n255\n'), 'IMAGE_TOO_LARGE'],
      [Buffer.from('P6\n3 3\n255\n'), 'BROKEN_IMAGE'],
      [Buffer.from('P6\n0 3\n255\n'), 'BROKEN_IMAGE'],
      [bmp(30_000, 30_000, 24, 0, Buffer.alloc(0), Buffer.alloc(0)), 'IMAGE_TOO_LARGE'],
      [bmp(3, 3, 24, 0, Buffer.alloc(0), Buffer.alloc(5)), 'BROKEN_IMAGE'],
      [bmp(3, 3, 24, 4, Buffer.alloc(0), Buffer.alloc(36)), 'BROKEN_IMAGE'],
      [bmp(-3, 3, 24, 0, Buffer.alloc(0), Buffer.alloc(36)), 'BROKEN_IMAGE'],
      [Buffer.from([0, 0, 1, 0, 0, 0]), 'BROKEN_IMAGE'],
    ];
    for (const [file, code] of cases) await expect(decoder.decode(file, 'x')).rejects.toMatchObject({ code });
  });
});

describe('hostile and broken files', () => {
  it('D08: 21 bytes that claim to be a JPEG fail at once', async () => {
    const bytes = Buffer.from('ffd8ffc0001108ffffffff03012200021101031101', 'hex');
    expect(bytes.length).toBe(21);
    const error = await decoder.decode(bytes, 'tiny.jpg').catch((reason: unknown) => reason);
    expect(isImageFault(error), String(error)).toBe(true);
  });

  it('D10: a PNG cut anywhere fails, and decodes to its full size where that is accepted', async () => {
    const whole = await picture('png', 40, 30);
    const lenient = new ImageDecoder({ truncated: 'accept' });
    for (let length = 0; length < whole.length - 12; length += 97) {
      const error = await decoder.decode(whole.subarray(0, length), 'cut.png').catch((reason: unknown) => reason);
      expect(isImageFault(error), `${length}: ${error}`).toBe(true);
    }
    const { data } = await lenient.decode(whole.subarray(0, whole.length / 2), 'cut.png');
    expect(data.length).toBe(40 * 30 * 3);
  });

  it('judges the pixel limit by the header', async () => {
    const strict = new ImageDecoder({ pixelLimit: 47 });
    for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
      await expect(strict.decode(await picture(format, 8, 6), format)).rejects.toMatchObject({
        code: 'IMAGE_TOO_LARGE',
      });
      expect((await new ImageDecoder({ pixelLimit: 48 }).decode(await picture(format, 8, 6), format)).width).toBe(8);
    }
  });

  it('names the file and what it begins with where it is no picture', async () => {
    await expect(decoder.decode(Buffer.from('<svg/>'), 'a/b.svg')).rejects.toThrowError(
      /NOT_AN_IMAGE.*3c 73 76 67.*a\/b\.svg/,
    );
    await expect(decoder.decode(Buffer.alloc(0), 'zero')).rejects.toThrowError(/NOT_AN_IMAGE.*empty file/);
    await expect(decoder.decodeFile('/no/such/file.png')).rejects.toMatchObject({ code: 'UNREADABLE_FILE' });
  });

  it('turns mutated files into pictures or into faults, never into anything else', async () => {
    const files = await Promise.all((['png', 'jpeg', 'webp', 'gif'] as const).map((format) => picture(format, 16, 12)));
    const strict = new ImageDecoder({ isolate: 'none', pixelLimit: 1_000_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
          maxLength: 8,
        }),
        async (file, changes) => {
          const bytes = Buffer.from(file);
          for (const [place, value] of changes) bytes[Math.floor(place * bytes.length)] = value;
          try {
            const { width, height, data } = await strict.decode(bytes, 'mutated');
            expect(data.length).toBe(width * height * 3);
          } catch (error) {
            expect(isImageFault(error), String(error)).toBe(true);
          }
        },
      ),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe('the child process', () => {
  it('gives the same pixels and the same faults as this process', async () => {
    const isolated = new ImageDecoder({ isolate: 'all' });
    try {
      for (const format of ['png', 'jpeg', 'tiff', 'avif', 'webp'] as const) {
        const file = await picture(format, 20, 10);
        const here = await decodeImage(file, resolveDecodeOptions(), format);
        expect(await isolated.decode(file, format)).toEqual(here);
      }
      await expect(isolated.decode(Buffer.from('no picture'), 'text')).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
    } finally {
      isolated.close();
    }
  });

  const program = (source: string) => pathToFileURL(join(temporaryFolder({ 'child.mjs': source }), 'child.mjs'));
  const request = (where: string, timeLimit: number) => ({
    bytes: Uint8Array.of(where.length),
    options: resolveDecodeOptions({ timeLimit }),
    where,
  });
  const CHILD = `
    process.send({ ready: true });
    process.on('message', ({ request: { where, bytes } }) => {
      if (where === 'hang') while (true);
      if (where === 'crash') process.kill(process.pid, 'SIGSEGV');
      if (where === 'exit') process.exit(3);
      process.send({ value: { width: 1, height: 1, data: new Uint8Array([bytes[0], 0, process.pid % 251]) } });
    });`;

  it('kills a decoder that hangs, and goes on with another', async () => {
    const isolated = new IsolatedDecoder({ program: program(CHILD) });
    try {
      const answers = await Promise.allSettled([
        isolated.decode(request('fine', 20_000)),
        isolated.decode(request('hang', 200)),
        isolated.decode(request('again', 20_000)),
      ]);
      expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(answers[1]).toMatchObject({ reason: { code: 'DECODE_TIMEOUT', where: 'hang' } });
      expect(answers[2]).toMatchObject({ value: { data: { 0: 5 } } });
    } finally {
      isolated.close();
    }
  });

  it('survives a decoder that crashes, and says how it died', async () => {
    const isolated = new IsolatedDecoder({ program: program(CHILD) });
    try {
      await expect(isolated.decode(request('crash', 20_000))).rejects.toThrowError(/DECODER_CRASHED.*SIGSEGV/);
      await expect(isolated.decode(request('exit', 20_000))).rejects.toThrowError(/DECODER_CRASHED.*exit code 3/);
      expect((await isolated.decode(request('fine', 20_000))).data[0]).toBe(4);
    } finally {
      isolated.close();
    }
  });

  it('says so where it cannot be started', async () => {
    const isolated = new IsolatedDecoder({ program: program('process.exit(1)') });
    await expect(isolated.decode(request('fine', 1000))).rejects.toMatchObject({ code: 'DECODER_UNAVAILABLE' });
    expect(isImageFault(await isolated.decode(request('fine', 1000)).catch((error: unknown) => error))).toBe(false);
  });

  it('takes over every format once a picture hung in this process', async () => {
    const impatient = new ImageDecoder({ timeLimit: 1 });
    const large = await picture('png', 2000, 2000);
    try {
      await expect(impatient.decode(large, 'large.png')).rejects.toMatchObject({ code: 'DECODE_TIMEOUT' });
      // Now in the child, whose limit is as short.
      await expect(impatient.decode(large, 'large.png')).rejects.toMatchObject({ code: 'DECODE_TIMEOUT' });
    } finally {
      impatient.close();
    }
  });

  it('lets the program end while it is idle', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'x.tif'), await picture('tiff'));
    const program = `
      import { ImageDecoder } from '@ssl-scene/datasets';
      const { width } = await new ImageDecoder().decodeFile(${JSON.stringify(join(root, 'x.tif'))});
      console.log(width);`;
    const source = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--import', 'tsx', '--conditions=@ssl-scene/source'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...source, '--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 50_000 },
    );
    expect(stdout).toBe('8\n');
  });
});
