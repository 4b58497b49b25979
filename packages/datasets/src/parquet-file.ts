import { SceneError } from '@ssl-scene/errors';
import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet';
import { type ByteSource, fileBytes } from './byte-source.ts';
import { findPages, type PageLocation } from './parquet-pages.ts';

/** Pages that promise to grow by more are no pictures. */
const HIGHEST_RATIO = 2048;

/** An open Parquet file. */
export class ParquetFile {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly rows: number;
  /** Names of the columns; a struct is one. */
  readonly columns: readonly string[];
  readonly #bytes: ByteSource;
  readonly #library: Library;
  readonly #groupStarts: readonly number[];
  /** The pages of each row group, for columns that were asked for. */
  readonly #pages = new Map<string, GroupPages>();
  /** The rows read last: neighbours are often read one after the other. */
  #kept: { readonly column: string; readonly rows: RowRange; readonly values: Promise<readonly unknown[]> } | undefined;

  private constructor(path: string, bytes: ByteSource, metadata: FileMetaData, library: Library) {
    this.path = path;
    this.metadata = metadata;
    this.rows = Number(metadata.num_rows);
    this.columns = library.parquetSchema(metadata).children.map(({ element }) => element.name);
    this.#bytes = bytes;
    this.#library = library;
    this.#groupStarts = groupStartsOf(metadata);
  }

  /** @throws SceneError `DATA_NOT_FOUND`, `BAD_PARQUET_FILE` */
  static async open(path: string): Promise<ParquetFile> {
    const library = await loadParquetLibrary();
    const bytes = fileBytes(path);
    try {
      const metadata = await library.parquetMetadataAsync(asyncBuffer(bytes));
      const file = new ParquetFile(path, bytes, metadata, library);
      if (file.#groupStarts.at(-1) === file.rows) return file;
      throw new Error(`${file.rows} rows in groups of ${file.#groupStarts.at(-1)}`);
    } catch (error) {
      bytes.close();
      throw badParquet(path, error);
    }
  }

  /** Number of groups of rows. */
  get groups(): number {
    return this.metadata.row_groups.length;
  }

  /** All values of a column in a group of rows. */
  async group(name: string, group: number): Promise<readonly unknown[]> {
    return await this.#read(name, this.#groupStarts[group]!, this.#groupStarts[group + 1]!);
  }

  /** The value of a column in one row; its page is read as a whole, and kept until another is asked for. */
  async value(name: string, row: number): Promise<unknown> {
    const kept = this.#kept;
    if (kept?.column !== name || row < kept.rows.start || row >= kept.rows.end) {
      const rows = this.#rowsOfPage(name, row);
      this.#kept = { column: name, rows, values: this.#read(name, rows.start, rows.end) };
    }
    const { rows, values } = this.#kept!;
    return (await values)[row - rows.start];
  }

  close(): void {
    this.#kept = undefined;
    this.#bytes.close();
  }

  /** The rows of the page that holds a row, as the largest of the column's parts is divided. */
  #rowsOfPage(name: string, row: number): RowRange {
    const group = this.#groupStarts.findIndex((start) => start > row) - 1;
    const [groupStart, groupEnd] = [this.#groupStarts[group]!, this.#groupStarts[group + 1]!];
    const { firstRows } = this.#pagesOf(name, group);
    const next = firstRows.findIndex((first) => groupStart + first > row);
    const page = (next < 0 ? firstRows.length : next) - 1;
    return {
      start: groupStart + firstRows[page]!,
      end: next < 0 ? groupEnd : groupStart + firstRows[next]!,
    };
  }

  #pagesOf(name: string, group: number): GroupPages {
    const key = `${group} ${name}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    try {
      const locations = this.#locatePages(name, group);
      const finest = Object.values(locations).reduce((a, b) => (b.length > a.length ? b : a), []);
      if (finest.length === 0) throw new Error('no pages');
      const pages = { locations, firstRows: finest.map(({ first_row_index }) => Number(first_row_index)) };
      this.#pages.set(key, pages);
      return pages;
    } catch (error) {
      throw badParquet(`${this.path}, column "${name}", row group ${group}`, error);
    }
  }

  #locatePages(name: string, group: number): GroupPages['locations'] {
    const chunks = this.metadata.row_groups[group]!.columns.flatMap(({ meta_data }) => meta_data ?? []);
    const ofColumn = chunks.filter(({ path_in_schema: [first] }) => first === name);
    return Object.fromEntries(ofColumn.map((chunk) => [chunk.path_in_schema.join('.'), findPages(this.#bytes, chunk)]));
  }

  async #read(name: string, rowStart: number, rowEnd: number): Promise<readonly unknown[]> {
    const { parquetReadObjects, compressors } = this.#library;
    try {
      const rows = await parquetReadObjects({
        file: asyncBuffer(this.#bytes),
        metadata: this.metadata,
        columns: [name],
        rowStart,
        rowEnd,
        compressors,
        utf8: false,
        pageLocationsByGroup: this.metadata.row_groups.map(
          (_, group) => this.#pages.get(`${group} ${name}`)?.locations,
        ),
      } as ReadOptions);
      if (rows.length === rowEnd - rowStart) return rows.map((row) => row[name] as unknown);
      throw new Error(`${rows.length} rows instead of ${rowEnd - rowStart}`);
    } catch (error) {
      throw badParquet(`${this.path}, column "${name}", rows ${rowStart} to ${rowEnd - 1}`, error);
    }
  }
}

/** Rows from `start` on, before `end`. */
interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Where the pages of a column are in a row group. */
interface GroupPages {
  /** By the path of each part of the column (a struct has several). */
  readonly locations: Readonly<Record<string, readonly PageLocation[]>>;
  /** First rows of the pages of the part that has most, counted within the group. */
  readonly firstRows: readonly number[];
}

/** The library passes the places of pages on to its plan, though its types do not say so; were they ignored, it read more. */
type ReadOptions = Parameters<Library['parquetReadObjects']>[0] & {
  readonly pageLocationsByGroup: readonly (GroupPages['locations'] | undefined)[];
};

type Library = typeof import('hyparquet') & { readonly compressors: Compressors };

/** Loaded at the first Parquet file; the other readers do without. */
export async function loadParquetLibrary(): Promise<Library> {
  const [hyparquet, { compressors }] = await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  return { ...hyparquet, compressors: guarded(compressors) };
}

/** The decompressors take memory as a page's header asks; a broken header must not ask for all of it. */
function guarded(compressors: Compressors): Compressors {
  const entries = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number): Uint8Array => {
      if (outputLength <= input.length * HIGHEST_RATIO + 4096) return decompress(input, outputLength);
      throw new Error(`a page of ${input.length} bytes that promises ${outputLength}`);
    },
  ]);
  return Object.fromEntries(entries) as Compressors;
}

function asyncBuffer(bytes: ByteSource): AsyncBuffer {
  return {
    byteLength: bytes.length,
    slice(start: number, end: number = bytes.length): ArrayBuffer {
      if (start >= 0 && start <= end && end <= bytes.length)
        return bytes.read(start, end - start).buffer as ArrayBuffer;
      throw new Error(`a reference to bytes ${start} to ${end} of ${bytes.length}`);
    },
  };
}

/** First row of each group, and behind them the number of rows. */
function groupStartsOf({ row_groups: groups }: FileMetaData): number[] {
  const starts = [0];
  for (const { num_rows } of groups) starts.push(starts.at(-1)! + Number(num_rows));
  return starts;
}

function badParquet(where: string, error: unknown): unknown {
  if (error instanceof SceneError) return error;
  return new SceneError({
    code: 'BAD_PARQUET_FILE',
    expected: 'a whole and valid Parquet file',
    found: error instanceof Error ? error.message : String(error),
    where,
    fix: 'Fetch or write the file again.',
    cause: error,
  });
}
