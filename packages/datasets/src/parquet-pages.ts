import type { ColumnMetaData } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import type { ByteSource } from './byte-source.ts';

/** A page of a column's values in a row group, in the form of Parquet's own index of pages. */
export interface PageLocation {
  readonly offset: bigint;
  /** Bytes of the page with its header. */
  readonly compressed_page_size: number;
  /** Counted within the row group. */
  readonly first_row_index: bigint;
}

const DATA_PAGE = 0;
const DATA_PAGE_2 = 3;

/** Headers are some tens of bytes, with statistics of long values some hundreds. */
const HEADER_BYTES = 4096;

interface PageHeader {
  readonly type: number;
  readonly headerBytes: number;
  readonly pageBytes: number;
  readonly values: number;
}

/**
 * The data pages of a column in a row group, found by walking from header to header: most writers store no index of pages, and
 * without one a row costs its whole row group. A column whose rows are lists has no such index; its pages tell no rows.
 *
 * @throws Error where headers do not lead to the end of the column
 */
export function findPages(bytes: ByteSource, column: ColumnMetaData): PageLocation[] {
  const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  const pages: PageLocation[] = [];
  let row = 0;
  for (let at = start; at < end; ) {
    const { type, headerBytes, pageBytes, values } = readHeader(bytes, at, end);
    if (type === DATA_PAGE || type === DATA_PAGE_2) {
      pages.push({
        offset: BigInt(at),
        compressed_page_size: headerBytes + pageBytes,
        first_row_index: BigInt(row),
      });
      row += values;
    }
    at += headerBytes + pageBytes;
    if (at > end) throw new Error(`a page that ends behind its column, at byte ${at}`);
  }
  if (row !== Number(column.num_values)) throw new Error(`pages of ${row} values instead of ${column.num_values}`);
  return pages;
}

function readHeader(bytes: ByteSource, at: number, end: number): PageHeader {
  if (end > bytes.length) throw new Error(`a column that ends at byte ${end} of ${bytes.length}`);
  const head = bytes.read(at, Math.min(HEADER_BYTES, end - at));
  const reader = { view: new DataView(head.buffer, head.byteOffset, head.byteLength), offset: 0 };
  const { field_1: type, field_3: pageBytes, field_5: page, field_8: page2 } = deserializeTCompactProtocol(reader);
  const values = Number(page?.field_1 ?? page2?.field_1 ?? 0);
  if (!(Number.isInteger(pageBytes) && pageBytes >= 0 && values >= 0)) throw new Error(`no page header at byte ${at}`);
  return { type, headerBytes: reader.offset, pageBytes, values };
}
