import { ImageDecoder } from '@ssl-scene/datasets';
import { readOffsetIndex } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { fileBytes, memoryBytes } from '../src/byte-source.ts';
import { ParquetFile } from '../src/parquet-file.ts';
import { findPages } from '../src/parquet-pages.ts';
import { fixture, fixtureBytes, fixturePixels } from './fixtures.ts';

describe('findPages', () => {
  it('finds the pages that pyarrow writes into its index', async () => {
    const path = fixture('images-zstd.parquet');
    const file = await ParquetFile.open(path);
    const bytes = fileBytes(path);
    let pages = 0;
    for (const { columns } of file.metadata.row_groups) {
      for (const { meta_data, offset_index_offset, offset_index_length } of columns) {
        const index = bytes.read(Number(offset_index_offset), offset_index_length!);
        const expected = readOffsetIndex({ view: new DataView(index.buffer), offset: 0 }).page_locations;
        expect(findPages(bytes, meta_data!)).toEqual(expected);
        pages += expected.length;
      }
    }
    // Seven rows in three groups of three columns: the pictures have a page each.
    expect(pages).toBe(13);
    bytes.close();
    file.close();
  });

  it('says where headers lead astray', async () => {
    const file = await ParquetFile.open(fixture('images-none.parquet'));
    const column = file.metadata.row_groups[0]!.columns[0]!.meta_data!;
    const bytes = fixtureBytes('images-none.parquet');
    const damaged = (at: number, value: number): Uint8Array => Uint8Array.from(bytes).with(at, value);
    const start = Number(column.data_page_offset);
    expect(findPages(memoryBytes(bytes), column).length).toBeGreaterThan(0);
    expect(() => findPages(memoryBytes(bytes.subarray(0, start + 9)), column)).toThrowError(/ends at byte/);
    // A page header begins with its type and its two sizes; the number of values follows.
    expect(() => findPages(memoryBytes(damaged(start, 0xff)), column)).toThrowError();
    expect(() => findPages(memoryBytes(damaged(start + 7, 0x7f)), column)).toThrowError(/ends behind its column/);
    expect(() => findPages(memoryBytes(damaged(start + 10, 14)), column)).toThrowError(/7 values instead of 3/);
    file.close();
  });
});

describe('ParquetFile', () => {
  it('reads the page of a row, and no more', async () => {
    const file = await ParquetFile.open(fixture('images-zstd.parquet'));
    const decoder = new ImageDecoder();
    for (const row of [6, 0, 1, 4, 3, 2]) {
      const { bytes } = (await file.value('image', row)) as { bytes: Uint8Array };
      expect((await decoder.decode(bytes, String(row))).data).toEqual(fixturePixels(row));
    }
    expect(await file.value('image', 5)).toMatchObject({});
    expect(await Promise.all([0, 6, 3].map((row) => file.value('label', row)))).toEqual([0n, 1n, null]);
    file.close();
    await expect(file.value('label', 0)).rejects.toThrowError(/DATASET_CLOSED/);
  });
});
