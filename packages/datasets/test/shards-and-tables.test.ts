import { copyFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  findDataset,
  type ImageDataset,
  openDataset,
  openParquet,
  openWebdataset,
  type WebdatasetSource,
  writeShardIndex,
} from '@ssl-scene/datasets';
import { describe, expect, it } from 'vitest';
import { ParquetFile } from '../src/parquet-file.ts';
import { fixture, fixtureBytes, fixturePixels } from './fixtures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const numbers = (dataset: ImageDataset): number[] => Array.from({ length: dataset.length }, (_, i) => i);
const labels = (dataset: ImageDataset): number[] => numbers(dataset).map((i) => dataset.label(i));

describe('WebDataset shards', () => {
  const open = (shards: string[], options: Partial<WebdatasetSource> = {}): ImageDataset =>
    openWebdataset({ kind: 'webdataset', shards, ...options });

  it.each(['gnu.tar', 'ustar.tar', 'gnu-long.tar', 'pax-long.tar'])('%s, as Python writes it', async (name) => {
    const dataset = open([fixture(name)]);
    const folder = name.includes('long') ? 'a-long-folder-name/'.repeat(8) : 'train/';
    expect(dataset.length).toBe(5);
    expect(dataset.id(4)).toBe(`${name}:${folder}000004`);
    expect(labels(dataset)).toEqual([0, 1, 2, 0, 1]);
    for (const i of [4, 0, 2]) expect(await dataset.pixels(i)).toEqual({ width: 8, height: 6, data: fixturePixels(i) });
    await expect(dataset.pixels(3)).rejects.toThrowError(/BROKEN_IMAGE.*the extensions cls, json.*sample ".*000003"/);
    expect(dataset.decisions?.()).toMatchObject({ 'turned-upright': 0, 'grey-to-rgb': 0 });
    dataset.close?.();
    dataset.close?.();
    expect(() => dataset.label(0)).toThrowError(/DATASET_CLOSED/);
  });

  it('takes labels from a field of JSON files, and needs none', () => {
    const byField = open([fixture('gnu.tar')], { labelField: 'label' });
    expect(labels(byField)).toEqual([0, 1, 2, 3, 4]);
    const missing = open([fixture('gnu.tar')], { labelExtension: 'txt' });
    expect(labels(missing)).toEqual([-1, -1, -1, -1, -1]);
    const words = open([fixture('gnu.tar')], { labelField: 'text' });
    expect(() => words.label(0)).toThrowError(/BAD_ANNOTATION.*a whole number.*found "ä"/);
    const few = open([fixture('gnu.tar')], { classNames: ['only'] });
    expect(() => few.label(1)).toThrowError(/BAD_ANNOTATION.*a number below 1/);
    for (const dataset of [byField, missing, words, few]) dataset.close?.();
  });

  it('D26: any worker reads any sample of a single shard, and many shards are one data set', async () => {
    const root = temporaryFolder();
    for (const i of ['08', '09', '10']) copyFileSync(fixture('gnu.tar'), join(root, `shard-${i}.tar`));
    expect(open([join(root, 'shard-{08,10}.tar')]).length).toBe(10);
    const dataset = await openDataset({ kind: 'webdataset', shards: [join(root, 'shard-{08..10}.tar')] });
    expect([dataset.length, dataset.id(7)]).toEqual([15, 'shard-09.tar:train/000002']);
    const shares = [0, 1, 2, 3].map((worker) => numbers(dataset).filter((i) => i % 4 === worker));
    const again = await Promise.all(shares.map(() => openDataset(structuredClone(dataset.source))));
    for (const [worker, share] of shares.entries()) {
      for (const i of share.filter((index) => index % 5 !== 3)) {
        expect((await again[worker]!.pixels(i)).data).toEqual(fixturePixels(i % 5));
      }
    }
    for (const copy of [dataset, ...again]) copy.close?.();
  });

  it('reads an index beside the shard, and ignores one that is older', () => {
    const shard = join(temporaryFolder({ 'a.tar': fixtureBytes('gnu.tar') }), 'a.tar');
    const index = writeShardIndex(shard);
    const before = open([shard]);
    expect(readFileSync(index, 'utf8')).toMatch(/^v1\.2 5\npng 1024 \d+ train\/000000\.png cls \d+ 1 /);
    // The index now hides the last sample: proof that it is what is read.
    const lines = readFileSync(index, 'utf8').split('\n');
    writeFileSync(index, ['v1.2 4', ...lines.slice(1, 5), ''].join('\n'));
    expect([open([shard]).length, before.length]).toEqual([4, 5]);
    utimesSync(index, 0, 0);
    expect(open([shard]).length).toBe(5);
    const blank = Buffer.from(fixtureBytes('ustar.tar').subarray(512, 1024));
    blank.write('train/0 0000.png', 0);
    blank.write('        ', 148);
    blank.write(
      `${blank
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const named = Buffer.concat([blank, fixtureBytes('ustar.tar').subarray(1024)]);
    const root = temporaryFolder({ 'blank.tar': named });
    expect(open([join(root, 'blank.tar')]).id(0)).toBe('blank.tar:train/0 0000');
    expect(() => writeShardIndex(join(root, 'blank.tar'))).toThrowError(/BAD_ANNOTATION.*names without blanks/);
    writeFileSync(index, 'v1.2 5\npng 0 10 a.png\n');
    expect(() => open([shard])).toThrowError(/BAD_ANNOTATION.*a\.idx, line 1/);
    writeFileSync(index, 'v1.2 1\npng 20000 1000 a.png\n');
    expect(() => open([shard])).toThrowError(/places within the shard.*line 2/);
  });

  it('says what is wrong with a shard', () => {
    const bytes = fixtureBytes('gnu.tar');
    const root = temporaryFolder({
      'cut.tar': bytes.subarray(0, 1100),
      'shaved.tar': bytes.subarray(0, 1500),
      'damaged.tar': Buffer.from(bytes).fill(7, 512, 600),
      'zipped.tar': Buffer.from([0x1f, 0x8b, ...new Uint8Array(1000)]),
      'empty.tar': new Uint8Array(10_240),
    });
    const path = (name: string): string[] => [join(root, name)];
    expect(() => open(path('cut.tar'))).toThrowError(/BROKEN_ARCHIVE.*ends inside "train\/000000\.\w+"/);
    expect(() => open(path('shaved.tar'))).toThrowError(/BROKEN_ARCHIVE.*ends inside a block/);
    expect(() => open(path('damaged.tar'))).toThrowError(/BROKEN_ARCHIVE.*no tar header.*byte 512/);
    expect(() => open(path('zipped.tar'))).toThrowError(/BROKEN_ARCHIVE.*gzip.*decompress it first/);
    expect(() => open(path('empty.tar'))).toThrowError(/EMPTY_DATASET/);
    expect(() => open(path('cot.tar'))).toThrowError(/DATA_NOT_FOUND.*cut\.tar/);
    expect(() => open([join(root, '{0..9999999}.tar')])).toThrowError(/BAD_OPTION.*at most 1000000/);
  });
});

describe('Parquet files', () => {
  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'none'])(
    '%s, as pyarrow writes the layout of the Hub',
    async (codec) => {
      const file = fixture(`images-${codec}.parquet`);
      const dataset = await openParquet({ kind: 'parquet', files: [file] });
      expect([dataset.length, dataset.id(6), dataset.classNames]).toEqual([
        7,
        `${basename(file)}#6`,
        ['cat', 'dog', 'eel'],
      ]);
      expect(labels(dataset)).toEqual([0, 2, 1, -1, 2, 0, 1]);
      for (const i of [6, 0, 4, 3]) expect((await dataset.pixels(i)).data).toEqual(fixturePixels(i));
      await expect(dataset.pixels(5)).rejects.toThrowError(/BROKEN_IMAGE.*without the bytes.*row 5/);
      expect(
        Buffer.from(await dataset.encoded!(1))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
      dataset.close?.();
    },
  );

  it('follow one another, and reopen from their description', async () => {
    const files = ['snappy', 'zstd'].map((codec) => fixture(`images-${codec}.parquet`));
    const dataset = await openDataset({ kind: 'parquet', files });
    const again = await openDataset(structuredClone(dataset.source));
    expect([again.length, again.id(8), again.label(8)]).toEqual([14, 'images-zstd.parquet#1', 2]);
    const rasters = await Promise.all([13, 2, 7, 0].map((i) => again.pixels(i)));
    expect(rasters.map(({ data }) => data[0])).toEqual([240, 80, 0, 0]);
    for (const copy of [dataset, again]) copy.close?.();
  });

  it('have columns of plain bytes and of words', async () => {
    const files = [fixture('bytes-and-words.parquet')];
    const dataset = await openParquet({ kind: 'parquet', files, imageColumn: 'picture', labelColumn: 'kind' });
    expect([dataset.classNames, labels(dataset)]).toEqual([
      ['ant', 'wolf'],
      [1, 0, 1],
    ]);
    expect((await dataset.pixels(2)).data).toEqual(fixturePixels(2));
    await expect(openParquet({ kind: 'parquet', files })).rejects.toThrowError(
      /UNKNOWN_COLUMN.*"image" or "img".*picture, kind/,
    );
    await expect(
      openParquet({ kind: 'parquet', files, imageColumn: 'picture', labelColumn: 'sort' }),
    ).rejects.toThrowError(/UNKNOWN_COLUMN.*"sort"/);
    dataset.close?.();
  });

  it.each(['label', 'image'])('whose %ss keep the library busy are given up', { timeout: 60_000 }, async (column) => {
    const bytes = Buffer.from(fixtureBytes('images-none.parquet'));
    const file = await ParquetFile.open(fixture('images-none.parquet'));
    const chunk = file.metadata.row_groups[0]!.columns.find(
      ({ meta_data }) => meta_data!.path_in_schema[0] === column,
    )!;
    file.close();
    // Three values are there, says a run of the column's levels; after this, there are two thousand million.
    const run = bytes.indexOf(Buffer.from([2, 0, 0, 0, 6]), Number(chunk.meta_data!.data_page_offset));
    bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f], run + 4);
    const root = temporaryFolder({ 'busy.parquet': bytes });
    const open = () =>
      openParquet({ kind: 'parquet', files: [join(root, 'busy.parquet')], decode: { timeLimit: 2000 } });
    if (column === 'label') await expect(open()).rejects.toThrowError(/BAD_PARQUET_FILE.*column "label"/);
    else {
      const dataset = await open();
      await expect(dataset.pixels(0)).rejects.toThrowError(/BROKEN_IMAGE.*row 0/);
      expect((await dataset.pixels(3)).width).toBeGreaterThan(0);
      dataset.close?.();
    }
  });

  it('that are damaged are refused, or cost the pictures of one row group', async () => {
    const bytes = fixtureBytes('images-snappy.parquet');
    const root = temporaryFolder({
      'cut.parquet': bytes.subarray(0, 2000),
      'hole.parquet': Buffer.from(bytes).fill(0xee, 4, 200),
      'text.parquet': 'not a table',
    });
    const open = (name: string) => openParquet({ kind: 'parquet', files: [join(root, name)] });
    await expect(open('cut.parquet')).rejects.toThrowError(/BAD_PARQUET_FILE/);
    await expect(open('text.parquet')).rejects.toThrowError(/BAD_PARQUET_FILE/);
    await expect(open('none.parquet')).rejects.toThrowError(/DATA_NOT_FOUND/);
    await expect(openParquet({ kind: 'parquet', files: [] })).rejects.toThrowError(/EMPTY_DATASET/);
    const holed = await open('hole.parquet');
    await expect(holed.pixels(0)).rejects.toThrowError(/BROKEN_IMAGE.*row 0/);
    expect((await holed.pixels(4)).data).toEqual(fixturePixels(4));
    holed.close?.();
  });
});

describe('findDataset', () => {
  it('tells shards and tables by their names', () => {
    const tar = fixtureBytes('gnu.tar');
    const shards = temporaryFolder({ 'train-0.tar': tar, 'train-1.tar': tar, 'val-0.tar': tar });
    expect(findDataset(shards)).toMatchObject({
      kind: 'webdataset',
      shards: [join(shards, 'train-0.tar'), join(shards, 'train-1.tar')],
    });
    expect(findDataset(shards, { split: 'test' })).toMatchObject({ shards: [join(shards, 'val-0.tar')] });
    const table = fixtureBytes('images-snappy.parquet');
    const hub = temporaryFolder({ 'data/train-00000-of-00001.parquet': table, 'README.md': '' });
    expect(findDataset(hub)).toMatchObject({
      kind: 'parquet',
      files: [join(hub, 'data', 'train-00000-of-00001.parquet')],
    });
    expect(() => findDataset(hub, { split: 'test' })).toThrowError(/SPLIT_NOT_FOUND/);
  });

  it('takes files, numbered files and patterns as well', async () => {
    const tar = fixtureBytes('gnu.tar');
    const png = fixtureBytes('voc-object-mask.png');
    const root = temporaryFolder({
      't-08.tar': tar,
      't-09.tar': tar,
      't-10.tar': tar,
      'list.txt': 'a/x.png 1\n',
      'a/x.png': png,
      'a/deep/y.png': png,
      'b.other': 'SSLPACK\n and more',
      'c.other': 'something else',
    });
    const at = (name: string): string => join(root, name);
    expect(findDataset(at('t-09.tar'))).toEqual({ kind: 'webdataset', shards: [at('t-09.tar')] });
    expect(findDataset(at('t-{08..10}.tar'))).toMatchObject({
      shards: [at('t-08.tar'), at('t-09.tar'), at('t-10.tar')],
    });
    expect(findDataset(at('b.other'))).toEqual({ kind: 'packed', file: at('b.other') });
    expect(findDataset(fixture('images-u1.npy'))).toMatchObject({ kind: 'numpy' });
    expect(findDataset(fixture('images-none.parquet'))).toMatchObject({ kind: 'parquet' });
    const list = await openDataset(findDataset(at('list.txt')));
    expect([list.id(0), list.label(0), (await list.pixels(0)).width]).toEqual(['a/x.png', 1, 8]);
    expect(findDataset(at('a/**/*.png'))).toEqual({ kind: 'image-folder', root: at('a'), include: ['**/*.png'] });
    expect((await openDataset(findDataset(at('a/**/*.png')))).length).toBe(2);
    expect(() => findDataset(at('c.other'))).toThrowError(/NOT_A_FOLDER/);
    expect(() => findDataset(at('aa'))).toThrowError(/DATA_NOT_FOUND/);
    await expect(openDataset(findDataset(at('t-{08..11}.tar')))).rejects.toThrowError(/DATA_NOT_FOUND.*t-11\.tar/);
    list.close?.();
  });
});
