import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type DatasetSource, type ImageDataset, openDataset, openPacked, type PackedSource } from '@ssl-scene/datasets';
import {
  createViewLoader,
  type PackOptions,
  type PackResult,
  packDataset,
  packedState,
  resizedSource,
  type ViewLoaderOptions,
} from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { EVERY_OPERATION, TWO_VIEWS } from './two-views.ts';

const folder = temporaryFolder();
let files = 0;
const newFile = (): string => join(folder, `${files++}.pack`);
const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** One thread unless a test is about several: each takes half a second to start. */
const pack = (source: DatasetSource, file: string, options: PackOptions = {}): Promise<PackResult> =>
  packDataset(source, file, { workers: 1, ...options });

const large = { length: 11, width: 61, height: 47 };

async function batchesOf(source: DatasetSource, options: Partial<ViewLoaderOptions> = {}): Promise<CopiedBatch[]> {
  const plan = { views: [...TWO_VIEWS.views, ...EVERY_OPERATION.views] };
  const loader = await createViewLoader({
    source,
    plan,
    batchSize: 4,
    seed: 5,
    workers: 0,
    dropLast: false,
    ...options,
  });
  try {
    return await collect(loader, [0, 1]);
  } finally {
    await loader.close();
  }
}

async function rastersOf(source: DatasetSource): Promise<unknown[]> {
  const dataset = await openDataset(source);
  const rasters = await Promise.all(Array.from({ length: dataset.length }, (_, index) => dataset.pixels(index)));
  dataset.close?.();
  return rasters;
}

describe('a packed data set', () => {
  it('gives, bit for bit, the views of the originals where nothing is resized', async () => {
    const { source, images, wasThere } = await pack(numberedSource(large), newFile(), { shortSide: null });
    expect([images, wasThere]).toEqual([11, false]);
    const expected = await batchesOf(numberedSource(large));
    expect(await batchesOf(source)).toEqual(expected);
    expect(await batchesOf(source, { workers: 2 })).toEqual(expected);
  });

  it('gives, bit for bit, the views of the originals resized by the same rule', async () => {
    const { source } = await pack(numberedSource(large), newFile(), { shortSide: 30, workers: 2 });
    expect(await rastersOf(source)).toEqual(await rastersOf(numberedSource({ ...large, shortSide: 30 })));
    expect(await batchesOf(source)).toEqual(await batchesOf(numberedSource({ ...large, shortSide: 30 })));
  });

  it('holds what a resized source gives, whatever reads it', async () => {
    const original = numberedSource({ ...large, masked: true, sized: true });
    const resized = resizedSource(original, { shortSide: 30 });
    const { source } = await pack(original, newFile(), { shortSide: 30 });
    expect(await rastersOf(resized)).toEqual(await rastersOf(source));
    const expected = await batchesOf(source);
    expect(await batchesOf(resized)).toEqual(expected);
    expect(await batchesOf(resized, { workers: 2 })).toEqual(expected);
    expect(await batchesOf(resized, { cacheMegabytes: 1 })).toEqual(expected);
    const [packed, opened] = [openPacked(source), await openDataset(resized)];
    for (let index = 0; index < packed.length; index++) {
      expect(opened.size!(index)).toEqual(packed.size(index));
      expect(opened.boxes!(index)).toEqual(packed.boxes!(index));
      expect(await opened.mask!(index)).toEqual(await packed.mask!(index));
      expect([opened.id(index), opened.label(index)]).toEqual([packed.id(index), packed.label(index)]);
    }
    packed.close();
    opened.close?.();
  });

  it('has boxes of resized images at once where the size is known or read, and says so where it is not', async () => {
    const resized = resizedSource(numberedSource(large), { shortSide: 30 });
    const opened = await openDataset(resized);
    expect(() => opened.boxes!(3)).toThrow(/SIZE_UNKNOWN.*picture-3/);
    await opened.pixels(3);
    expect(opened.boxes!(3)[0]!.y1).toBeCloseTo((8 * 30) / 47);
  });

  it('leaves images alone that are small enough', async () => {
    const { source } = await pack(numberedSource(large), newFile(), { shortSide: 47 });
    expect(await rastersOf(source)).toEqual(await rastersOf(numberedSource(large)));
  });

  it('keeps ids, labels, and boxes and masks at the size of the stored image', async () => {
    const original = await openDataset(numberedSource({ ...large, masked: true }));
    const { source } = await pack(original.source, newFile(), { shortSide: 30 });
    const packed = openPacked(source);
    expect(packed.name).toBe(original.name);
    expect(packed.facts.original).toEqual(original.source);
    for (let index = 0; index < packed.length; index++) {
      expect(packed.id(index)).toBe(original.id(index));
      expect(packed.label(index)).toBe(original.label(index));
      expect(packed.size(index)).toEqual({ width: 38, height: 30 });
      expect(packed.originalSize(index)).toEqual({ width: 61, height: 47 });
      const boxes = original.boxes!(index).map((box) => ({
        ...box,
        x0: (box.x0 * 38) / 61,
        x1: (box.x1 * 38) / 61,
        y0: (box.y0 * 30) / 47,
        y1: (box.y1 * 30) / 47,
      }));
      for (const [i, box] of packed.boxes!(index).entries()) {
        for (const [key, value] of Object.entries(boxes[i]!)) expect(Object(box)[key]).toBeCloseTo(Number(value), 10);
      }
      const mask = await packed.mask!(index);
      const whole = (await original.mask!(index))!;
      expect([mask!.width, mask!.height]).toEqual([38, 30]);
      expect(mask!.data[0]).toBe(whole.data[0]);
      expect(mask!.data[7 * 38 + 5]).toBe(whole.data[Math.floor(7.5 * (47 / 30)) * 61 + Math.floor(5.5 * (61 / 38))]);
    }
    packed.close();
  });

  it('is the same file whatever the number of threads', async () => {
    const [one, three] = [newFile(), newFile()];
    await pack(numberedSource({ ...large, late: true }), one, { shortSide: 30, workers: 1 });
    await pack(numberedSource({ ...large, late: true }), three, { shortSide: 30, workers: 3 });
    expect(digestOf(three)).toBe(digestOf(one));
    expect(readdirSync(folder).filter((name) => /partial|journal|lock/.test(name))).toEqual([]);
  });

  it('is there already the second time', async () => {
    const file = newFile();
    const first = await pack(numberedSource(large), file);
    expect(await pack(numberedSource(large), file)).toEqual({ ...first, wasThere: true });
  });

  it('is not replaced by another unless that is asked for', async () => {
    const file = newFile();
    await pack(numberedSource(large), file);
    const other = pack(numberedSource(large), file, { shortSide: 20 });
    await expect(other).rejects.toThrow(/PACKED_FILE_DIFFERS.*shortSide 320, bilinear/);
    const replaced = await pack(numberedSource(large), file, { shortSide: 20, replace: true });
    expect(openPacked(replaced.source).facts.rule.shortSide).toBe(20);
  });

  it('is out of date when a picture was changed, and packed again where that is allowed', async () => {
    const root = mkdtempSync(join(folder, 'pictures-'));
    const source = { kind: 'image-folder', root } as const;
    for (const [i, name] of ['a', 'b', 'c'].entries()) writeFileSync(join(root, `${name}.ppm`), `P6 1 1 255\nab${i}`);
    const file = newFile();
    expect(await packedState(source, file)).toBe('missing');
    const first = await pack(source, file);
    expect(await packedState(source, file)).toBe('fresh');
    expect(await packedState(source, file, { shortSide: 7 })).toBe('different');
    writeFileSync(join(root, 'b.ppm'), 'P6 1 1 255\nxyz');
    utimesSync(join(root, 'b.ppm'), 1e9, 1e9);
    expect(await packedState(source, file)).toBe('stale');
    await expect(pack(source, file)).rejects.toThrow(/PACKED_FILE_STALE.*replace: true/);
    const second = await pack(source, file, { replace: true });
    expect([first.wasStale, second.wasStale, second.wasThere]).toEqual([false, true, false]);
    expect((await rastersOf(second.source))[1]).toMatchObject({ data: Uint8Array.from(Buffer.from('xyz')) });
    writeFileSync(join(root, 'd.ppm'), 'P6 1 1 255\nnew');
    expect(await packedState(source, file)).toBe('stale');
  });

  it('tells what decoding did, also after an interruption', async () => {
    const root = mkdtempSync(join(folder, 'pictures-'));
    writeFileSync(join(root, 'a.pgm'), 'P5 2 1 255\nab');
    writeFileSync(join(root, 'b.pgm'), 'no picture');
    writeFileSync(join(root, 'c.pgm'), 'P5 2 1 65535\nabcd');
    const file = newFile();
    const source = { kind: 'image-folder', root } as const;
    await expect(pack(source, file)).rejects.toThrow(/NOT_AN_IMAGE/);
    const { resumed, decisions } = await pack(source, file, { onBadImage: 'keep' });
    expect(resumed).toBe(1);
    expect(decisions).toMatchObject({ 'grey-to-rgb': 2, 'reduced-to-8-bits': 1, 'cmyk-to-rgb': 0 });
  });

  it('never takes the place of a file that is something else', async () => {
    const file = newFile();
    writeFileSync(file, 'my notes');
    const packing = pack(numberedSource(large), file, { replace: true });
    await expect(packing).rejects.toThrow(/NOT_A_PACKED_FILE/);
    expect(readFileSync(file, 'utf8')).toBe('my notes');
  });
});

describe('packing', () => {
  it('fails at an image that cannot be read, and goes on from there the next time', async () => {
    const file = newFile();
    const source = numberedSource({ ...large, bad: [4, 9] });
    await expect(pack(source, file)).rejects.toThrow(/BROKEN_IMAGE.*picture-4\.png/);
    expect(existsSync(file)).toBe(false);
    const found: number[] = [];
    const options = {
      onBadImage: 'keep',
      onBadImageFound: ({ index }: { index: number }) => found.push(index),
    } as const;
    const result = await pack(source, file, options);
    expect(result.resumed).toBe(4);
    expect(found).toEqual([4, 9]);
    expect(result.badImages).toMatchObject([
      { index: 4, id: 'picture-4.png', code: 'BROKEN_IMAGE' },
      { index: 9, id: 'picture-9.png', code: 'BROKEN_IMAGE' },
    ]);
    const whole = newFile();
    await pack(source, whole, { onBadImage: 'keep' });
    expect(digestOf(file)).toBe(digestOf(whole));
  });

  it('keeps the places of images that cannot be read, and reading them fails as it did', async () => {
    const original = numberedSource({ ...large, bad: [4, 9] });
    const { source } = await pack(original, newFile(), { onBadImage: 'keep' });
    const options = { onBadImage: 'skip', workers: 2 } as const;
    expect(await batchesOf(source, options)).toEqual(await batchesOf(original, options));
    await expect(batchesOf(source)).rejects.toThrow(/BAD_IMAGE.*half of one.*picture-(4|9)\.png/);
  });

  it.each([
    ['nothing', 7, () => {}],
    ['the end of its data', 0, (file: string) => truncateSync(`${file}.partial`, 3 * 61 * 47 * 3)],
    [
      'the end of its journal',
      0,
      (file: string) => truncateSync(`${file}.journal`, statSync(`${file}.journal`).size - 9),
    ],
  ] as const)('goes on where it was interrupted, after losing %s', async (_, resumed, lose) => {
    const [file, marker] = [newFile(), newFile()];
    const source = numberedSource({ ...large, missing: { from: 7, file: marker } });
    await expect(pack(source, file)).rejects.toThrow(/the disk is away/);
    lose(file);
    writeFileSync(marker, '');
    const result = await pack(source, file);
    expect(result.resumed).toBe(resumed);
    const whole = newFile();
    await pack(source, whole);
    expect(digestOf(file)).toBe(digestOf(whole));
  });

  it('throws away what another task left behind', async () => {
    const file = newFile();
    await expect(pack(numberedSource({ ...large, bad: [4] }), file)).rejects.toThrow(/BROKEN_IMAGE/);
    const result = await pack(numberedSource(large), file);
    expect(result.resumed).toBe(0);
    expect(await rastersOf(result.source)).toEqual(await rastersOf(numberedSource(large)));
  });

  it('survives a thread that crashes, and names the image where that happens twice', async () => {
    const marker = join(folder, 'crashed');
    const once = numberedSource({ ...large, crash: { index: 5, marker, how: 'exit' } });
    const { source } = await pack(once, newFile(), { workers: 2 });
    expect(existsSync(marker)).toBe(true);
    expect(await rastersOf(source)).toEqual(await rastersOf(numberedSource(large)));
    const always = numberedSource({ ...large, crash: { index: 5, how: 'exit' } });
    await expect(pack(always, newFile(), { workers: 2 })).rejects.toThrow(
      /WORKER_CRASHED.*twice.*\(image 5, "picture-5\.png"\)/,
    );
  });

  it.each(['hang', 'spin'])('gives up an image that takes too long (%s)', async (how) => {
    const slow = numberedSource({ ...large, [how]: 3 });
    const options = { onBadImage: 'keep', imageTimeLimit: 1500, workers: 2 } as const;
    const { badImages } = await pack(slow, newFile(), options);
    expect(badImages).toMatchObject([{ index: 3, id: 'picture-3.png', code: 'DECODE_TIMEOUT' }]);
  });

  it('tells how far it is', async () => {
    const seen: number[][] = [];
    await pack(numberedSource({ length: 3 }), newFile(), { onProgress: (...at) => seen.push(at) });
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('refuses to work beside another process, but not beside one that is gone', async () => {
    const file = newFile();
    writeFileSync(`${file}.lock`, String(process.ppid));
    await expect(pack(numberedSource(large), file)).rejects.toThrow(/FILE_LOCKED/);
    writeFileSync(`${file}.lock`, '999999999');
    await pack(numberedSource(large), file);
  });

  it('refuses options out of range and folders that are not there', async () => {
    const source = numberedSource(large);
    await expect(pack(source, newFile(), { shortSide: 0 })).rejects.toThrow(/BAD_OPTION.*shortSide/);
    await expect(pack(source, newFile(), { workers: 0 })).rejects.toThrow(/BAD_OPTION.*workers/);
    await expect(pack(source, newFile(), { filter: 'cubic' as never })).rejects.toThrow(/BAD_OPTION.*filter/);
    await expect(pack(source, join(folder, 'no', 'x.pack'))).rejects.toThrow(/PACK_WRITE_FAILED.*folder/);
  });
});

describe('a damaged packed file', () => {
  const damage = async (change: (bytes: Buffer) => Buffer): Promise<PackedSource> => {
    const file = newFile();
    const { source } = await pack(numberedSource(large), file);
    writeFileSync(file, change(readFileSync(file)));
    const { digest, ...rest } = source;
    return rest;
  };
  const flipped = (at: (bytes: Buffer) => number) => (bytes: Buffer) => {
    const place = at(bytes);
    bytes[place] = bytes[place]! ^ 1;
    return bytes;
  };

  it('is noticed image by image in its pixels', async () => {
    const source = await damage(flipped(() => 64 + 20));
    const packed: ImageDataset = await openDataset(source);
    expect(() => packed.pixels(0)).toThrow(/BROKEN_IMAGE.*damaged pixels/);
    expect(packed.pixels(1)).toMatchObject({ width: 61 });
    packed.close?.();
    const [batch] = await batchesOf(source, { batchSize: 11, onBadImage: 'quarantine' });
    expect(batch!.indices).toHaveLength(10);
  });

  it.each([
    ['index', flipped((bytes) => bytes.length - 100), /BROKEN_PACKED_FILE.*digest/],
    ['end', (bytes: Buffer) => bytes.subarray(0, -1), /BROKEN_PACKED_FILE.*bytes instead of/],
    ['signature', flipped(() => 2), /NOT_A_PACKED_FILE/],
    ['version', flipped(() => 8), /PACKED_VERSION/],
    ['most of it', (bytes: Buffer) => bytes.subarray(0, 10), /NOT_A_PACKED_FILE/],
  ] as const)('is refused when opened (%s)', async (_, change, message) => {
    await expect(openDataset(await damage(change))).rejects.toThrow(message);
  });

  it('is packed again where nothing can read it', async () => {
    const source = await damage((bytes) => bytes.subarray(0, -1));
    const result = await pack(numberedSource(large), source.file);
    expect(result.wasThere).toBe(false);
  });

  it('or another one is refused by a run that has begun', async () => {
    const file = newFile();
    const { source } = await pack(numberedSource(large), file);
    await pack(numberedSource(large), file, { shortSide: 20, replace: true });
    await expect(openDataset(source)).rejects.toThrow(/DATASET_CHANGED/);
  });
});
