import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import {
  checkPictures,
  exclusionList,
  IMAGE_EXTENSIONS,
  openDataset,
  openImageFolder,
  type PictureReport,
} from '@ssl-scene/datasets';
import { casesOf, sharedData } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashDistance, pictureTraits } from '../src/perceptual-hash.ts';
import { type ComparedPicture, similarPictures } from '../src/similar-pictures.ts';
import { picture, rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A smooth picture: a few discs, different for each salt. */
function scene(salt: number, width = 120, height = 90): Uint8Array {
  const discs = Array.from({ length: 5 }, (_, k) => ({
    x: ((salt * 37 + k * 53) % 100) / 100,
    y: ((salt * 61 + k * 29) % 100) / 100,
    radius: 0.1 + ((salt * 13 + k * 7) % 20) / 100,
    colour: [(salt * 91 + k * 67) % 256, (salt * 17 + k * 101) % 256, (salt * 151 + k * 31) % 256],
  }));
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height];
    const disc = discs.findLast((item) => Math.hypot(item.x - x, item.y - y) < item.radius);
    return disc === undefined ? 40 + 60 * y : disc.colour[i % 3]!;
  });
}

const sceneAs = (salt: number, width = 120, height = 90): Sharp =>
  sharp(scene(salt, width, height), { raw: { width, height, channels: 3 } });

async function messyFolder(): Promise<string> {
  const png = await sceneAs(1).png().toBuffer();
  const jpeg = await sceneAs(2).jpeg().toBuffer();
  return temporaryFolder({
    'cat/1.png': png,
    'cat/1-again.png': await sceneAs(1).png({ compressionLevel: 1 }).toBuffer(),
    'cat/1-small.jpg': await sceneAs(1).resize(80, 60).jpeg({ quality: 60 }).toBuffer(),
    'cat/2.jpg': jpeg,
    'cat/2-half.jpg': jpeg.subarray(0, jpeg.length / 2),
    'dog/1-copy.png': png,
    'dog/3.png': await sceneAs(3).greyscale().toColourspace('b-w').png().toBuffer(),
    'dog/blue.png': await sharp({ create: { width: 50, height: 40, channels: 3, background: '#0000ff' } })
      .png()
      .toBuffer(),
    'dog/icon.png': await picture('png', 8, 6),
    'dog/really-a.png': await sceneAs(4).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'dog/text.jpg': 'no picture',
    'dog/notes.txt': 'no picture either',
  });
}

describe('checkPictures', () => {
  it('finds what is wrong with a folder', async () => {
    const root = await messyFolder();
    const seen: number[] = [];
    const report = await checkPictures(root, { onProgress: (checked) => seen.push(checked) });
    expect(seen).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
    expect(report).toMatchObject({
      pictures: 11,
      classes: { names: ['cat', 'dog'], counts: [5, 6], unlabelled: 0 },
      width: { smallest: 8, median: 120, largest: 120 },
      shorterSide: { smallest: 6, largest: 90 },
      formats: { png: 6, jpeg: 3 },
      modes: { 'rgb 8': 8, 'grey 8': 1 },
      orientations: { 1: 8, 6: 1 },
      decisions: { 'turned-upright': 1, 'grey-to-rgb': 1 },
      misnamed: [{ id: 'dog/really-a.png', format: 'jpeg' }],
      constant: [{ id: 'dog/blue.png', colour: [0, 0, 255] }],
      tiny: [{ id: 'dog/icon.png', width: 8, height: 6 }],
    });
    expect(report.broken.map(({ id, code }) => [id, code])).toEqual([
      ['cat/2-half.jpg', 'BROKEN_IMAGE'],
      ['dog/text.jpg', 'NOT_AN_IMAGE'],
    ]);
    expect(report.duplicates).toEqual([{ ids: ['cat/1-again.png', 'cat/1.png', 'dog/1-copy.png'], labels: [0, 0, 1] }]);
    expect(report.nearDuplicates).toEqual([{ ids: ['cat/1-again.png', 'cat/1-small.jpg'] }]);
    expect(report.warnings.join()).toMatch(/1 × \.txt/);
    expect(report.aspect!.largest).toBeCloseTo(4 / 3, 10);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('makes a list by which the folder opens clean', async () => {
    const root = await messyFolder();
    const report = await checkPictures(root);
    const list = exclusionList(report, { nearDuplicates: true });
    expect(list).toMatch(
      /^# 7 of 11 pictures of .*\n# cannot be read: 2\ncat\/2-half\.jpg\ndog\/text\.jpg\n# one colour: 1\n/,
    );
    const file = join(temporaryFolder({ 'exclude.txt': list }), 'exclude.txt');
    const clean = openImageFolder({ kind: 'image-folder', root, excludeLists: [file] });
    expect(Array.from({ length: clean.length }, (_, i) => clean.id(i))).toEqual([
      'cat/1-again.png',
      'cat/2.jpg',
      'dog/3.png',
      'dog/really-a.png',
    ]);
    const again = await checkPictures(clean);
    expect([again.broken, again.duplicates, again.nearDuplicates, again.constant, again.tiny]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
    expect(exclusionList(report, { broken: false, constant: false, tiny: false })).not.toMatch(/text\.jpg|blue|icon/);
    clean.close?.();
  });

  it('checks data sets that are no files', async () => {
    const record = (label: number, salt: number): number[] => [label, ...scene(salt, 32, 32)];
    const root = temporaryFolder({
      'data_batch_1.bin': Uint8Array.from([...record(3, 1), ...record(5, 2), ...record(4, 1)]),
    });
    const dataset = await openDataset({ kind: 'cifar10', files: [join(root, 'data_batch_1.bin')] });
    const report = await checkPictures(dataset, { tinyBelow: 33 });
    expect([report.bytes, report.formats, report.tiny.length]).toEqual([undefined, {}, 3]);
    expect(report.duplicates).toEqual([{ ids: ['data_batch_1.bin#0', 'data_batch_1.bin#2'], labels: [3, 4] }]);
  });

  it('stops when told to, at errors that are not about a picture, and refuses options out of range', async () => {
    const root = temporaryFolder({ 'a.png': await picture('png') });
    await expect(checkPictures(root, { signal: AbortSignal.abort() })).rejects.toThrowError(/abort/i);
    await expect(checkPictures(root, { nearDistance: 16 })).rejects.toThrowError(/BAD_OPTION.*nearDistance/);
    await expect(checkPictures(root, { concurrency: 0 })).rejects.toThrowError(/BAD_OPTION.*concurrency/);
    const dataset = openImageFolder({ kind: 'image-folder', root });
    const failing = { ...dataset, length: 100, pixels: () => Promise.reject(new Error('out of order')) };
    await expect(checkPictures(failing)).rejects.toThrowError('out of order');
  });

  it('survives ids with line ends in the exclusion list', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'odd'));
    for (const name of ['a\nb.jpg', '#c.jpg']) writeFileSync(join(root, 'odd', name), 'no picture');
    writeFileSync(join(root, 'fine.png'), await picture('png'));
    const report = await checkPictures(root, { tinyBelow: 0 });
    const list = join(temporaryFolder({ 'list.txt': exclusionList(report) }), 'list.txt');
    expect(openImageFolder({ kind: 'image-folder', root, excludeLists: [list] }).length).toBe(1);
  });
});

describe('perceptual hashes', () => {
  const hashOf = async (image: Sharp) => {
    const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return pictureTraits({ width: info.width, height: info.height, data }).hash;
  };

  it('stay near under resizing, recompression and brightness, and are far for other scenes', async () => {
    for (let salt = 1; salt <= 8; salt++) {
      const original = await hashOf(sceneAs(salt));
      const changed = [
        await hashOf(sceneAs(salt, 64, 48)),
        await hashOf(sharp(await sceneAs(salt).jpeg({ quality: 40 }).toBuffer())),
        await hashOf(sceneAs(salt).linear(0.8, 10)),
      ];
      for (const hash of changed) expect(hashDistance(original, hash)).toBeLessThanOrEqual(6);
      expect(hashDistance(original, await hashOf(sceneAs(salt + 8)))).toBeGreaterThan(16);
    }
  });

  it('have 32 bits set, of pictures smaller than their cells too', () => {
    for (const [width, height] of [
      [1, 3],
      [7, 5],
      [40, 33],
    ] as const) {
      const { hash } = pictureTraits({ width, height, data: rgbNoise(width, height, 9) });
      expect(hashDistance(hash, [0, 0])).toBeLessThanOrEqual(32);
      expect(hashDistance(hash, [0, 0])).toBeGreaterThan(8);
    }
  });
});

describe('similarPictures', () => {
  it('finds the same groups as comparing all pairs', () => {
    const traits = fc.record({
      flips: fc.array(fc.nat(63), { maxLength: 5 }),
      base: fc.nat(2),
      level: fc.constantFrom(0, 5, 100),
    });
    const bases = [
      [0x12345678, 0x9abcdef0],
      [0xffff0000, 0x0f0f0f0f],
      [0, 0],
    ] as const;
    fc.assert(
      fc.property(fc.array(traits, { maxLength: 25 }), fc.nat(6), (items, distance) => {
        const pictures = items.map(({ flips, base, level }, index): ComparedPicture => {
          const hash: [number, number] = [...bases[base]!];
          for (const bit of flips) hash[bit >> 5] = (hash[bit >> 5]! ^ (1 << (bit & 31))) >>> 0;
          return { index, hash, thumbnail: new Uint8Array(192).fill(level) };
        });
        const limits = { distance, levels: 12 };
        expect(similarPictures(pictures, limits)).toEqual(groupsByPairs(pictures, limits));
      }),
      { numRuns: 200 },
    );
  });
});

/** The plain way: spreads a group's number along every pair that is alike until nothing changes. */
function groupsByPairs(pictures: readonly ComparedPicture[], limits: { distance: number; levels: number }): number[][] {
  const group = pictures.map((_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, a] of pictures.entries()) {
      for (const [j, b] of pictures.entries()) {
        const levels = Math.abs(a.thumbnail[0]! - b.thumbnail[0]!);
        const isAlike = hashDistance(a.hash, b.hash) <= limits.distance && levels <= limits.levels;
        if (!isAlike || group[i]! >= group[j]!) continue;
        group[j] = group[i]!;
        changed = true;
      }
    }
  }
  const members = new Map<number, number[]>();
  for (const [i, number] of group.entries()) members.set(number, [...(members.get(number) ?? []), i]);
  return [...members.values()].filter((list) => list.length > 1);
}

const [large, small] = [sharedData('coco-mini'), sharedData('coco-mini-320')];

describe.skipIf(large === undefined || small === undefined)('the real COCO photos (need shared/data)', () => {
  it('are found again in their smaller copies, and nothing else is', async () => {
    const part = (root: string) => ({ kind: 'image-folder', root: join(root, 'val2017') }) as const;
    const dataset = await openDataset({ kind: 'concatenated', sources: [part(large!), part(small!)] });
    const report: PictureReport = await checkPictures(dataset);
    expect([dataset.length, report.broken, report.duplicates, report.constant]).toEqual([308, [], [], []]);
    const pairs = report.nearDuplicates.map(({ ids }) => ids.map((id) => id.slice(2)));
    expect(pairs.filter((ids) => ids.length !== 2 || ids[0] !== ids[1])).toEqual([]);
    expect(pairs.length).toBe(120);
    dataset.close?.();
  });
});

const difficult = sharedData('awkward-images');
const decodeCases = casesOf('decode', 'decode');

describe.skipIf(difficult === undefined || decodeCases.length === 0)('the difficult files (need shared/data)', () => {
  let report: PictureReport;
  beforeAll(async () => {
    report = await checkPictures(difficult!);
  });

  it('D11: exactly those are broken that Pillow refuses, and the two that no decoder here knows', () => {
    const refused = decodeCases.filter(({ expected }) => expected.error !== undefined).map(({ args }) => args.file);
    const expected = [...refused, 'colour/12bit.cropped.tif', 'colour/lab.tif'];
    const named = expected.filter((file) => IMAGE_EXTENSIONS.includes(extname(file).toLowerCase()));
    expect(report.broken.map(({ id }) => id).sort()).toEqual(named.sort());
    expect(report.pictures).toBe(129);
  });

  it('D01: a photo is found again in all its orientations', () => {
    const groups = report.nearDuplicates.map(({ ids }) => ids);
    for (const [pattern, count] of [
      [/^exif\/landscape_/, 7],
      [/^exif\/rot\dmir\d/, 6],
      [/^exif\/hopper_orientation_/, 11],
    ] as const) {
      const [group, ...others] = groups.filter((ids) => ids.some((id) => pattern.test(id)));
      expect([group!.filter((id) => pattern.test(id)).length, others.length]).toEqual([count, 0]);
    }
  });
});
