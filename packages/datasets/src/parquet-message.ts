import type { ImageFeatures } from './parquet-features.ts';

/** What the process that reads Parquet files is asked; it opens a file when it is first named. */
export type ParquetRequest =
  | { readonly kind: 'facts'; readonly path: string }
  | { readonly kind: 'labels'; readonly path: string; readonly column: string; readonly group: number }
  | { readonly kind: 'picture'; readonly path: string; readonly column: string; readonly row: number };

/** What a file says of itself. */
export interface ParquetFacts {
  readonly rows: number;
  /** Names of the columns; a struct is one. */
  readonly columns: readonly string[];
  readonly groups: number;
  readonly features: ImageFeatures;
}

/** The answers, by the kind of request. */
export interface ParquetAnswers {
  readonly facts: ParquetFacts;
  /** The values of a column in a group of rows. */
  readonly labels: readonly unknown[];
  /** The bytes of a picture, or of a struct's field `bytes`; undefined where a row has none. */
  readonly picture: Uint8Array | undefined;
}
