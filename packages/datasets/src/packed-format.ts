import { createHash } from 'node:crypto';
import { SceneError, type SceneErrorDetails } from '@ssl-scene/errors';
import type { DatasetSource } from './dataset-source.ts';
import type { DecisionCounts } from './decode-decisions.ts';
import type { ImageSize, LabelledBox } from './image-dataset.ts';
import { brokenPackedFile, joinTables, type PackedTables, splitTables } from './packed-tables.ts';

/**
 * A packed file holds a data set's images decoded, one after the other: a head of 64 bytes, the pixels (interleaved RGB, each
 * image at a multiple of 64 bytes) and compressed masks, the index. The head tells where the index is and its SHA-256; it is
 * written last.
 */
export const PACKED_HEAD_BYTES = 64;

/** Images start at multiples of this. */
export const PACKED_ALIGNMENT = 64;

const MAGIC = 'SSLPACK\n';
const VERSION = 1;

/** How stored pixels come from the originals. */
export interface PackedRule {
  /**
   * Images whose shorter side is longer than this are resized by Pillow's rule (torchvision's `Resize(shortSide)`); others are
   * stored as they are. `null`: all are stored as they are.
   */
  readonly shortSide: number | null;
  readonly filter: 'bilinear' | 'bicubic' | 'box' | 'hamming' | 'lanczos';
}

/** A picture that could not be read when the file was made. */
export type PackedFault = { readonly index: number } & Omit<SceneErrorDetails, 'cause'>;

/** What a packed file says of itself. */
export interface PackedFacts {
  readonly name: string;
  readonly classNames?: readonly string[];
  /** The data set that was packed. */
  readonly original: DatasetSource;
  readonly rule: PackedRule;
  readonly hasBoxes: boolean;
  readonly hasLabelLists: boolean;
  readonly hasMasks: boolean;
  readonly faults: readonly PackedFault[];
  readonly warnings: readonly string[];
  /** In how many images decoding did what; files made by early versions do not tell. */
  readonly decisions?: DecisionCounts;
  /** Stands for sizes and times of the files that were packed, where there were such. */
  readonly fingerprint?: string;
}

/** What the index says of one image. */
export interface PackedEntry {
  readonly id: string;
  readonly label: number;
  readonly labels: readonly number[];
  readonly size: ImageSize;
  readonly originalSize: ImageSize;
  readonly offset: number;
  readonly checksum: number;
  /** In stored pixels. */
  readonly boxes: readonly LabelledBox[];
  readonly maskOffset: number;
  readonly maskLength: number;
}

/** The index of a packed file as bytes. */
export function encodePackedIndex(facts: PackedFacts, entries: readonly PackedEntry[]): Uint8Array {
  const encoder = new TextEncoder();
  const ids = entries.map(({ id }) => encoder.encode(id));
  const boxes = entries.flatMap((entry) => entry.boxes);
  const tables: PackedTables = {
    offsets: Float64Array.from(entries, ({ offset }) => offset),
    sizes: Uint32Array.from(
      entries.flatMap(({ size, originalSize }) => [size.width, size.height, originalSize.width, originalSize.height]),
    ),
    checksums: Uint32Array.from(entries, ({ checksum }) => checksum),
    labels: Int32Array.from(entries, ({ label }) => label),
    idEnds: ends(ids.map(({ length }) => length)),
    ids: Uint8Array.from(Buffer.concat(ids)),
    boxEnds: ends(entries.map((entry) => entry.boxes.length)),
    boxes: Float64Array.from(boxes.flatMap(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1])),
    boxLabels: Int32Array.from(boxes, ({ label }) => label),
    boxFlags: Uint8Array.from(boxes, ({ crowd, difficult }) => (crowd ? 1 : 0) + (difficult ? 2 : 0)),
    labelEnds: ends(entries.map(({ labels }) => labels.length)),
    labelLists: Int32Array.from(entries.flatMap(({ labels }) => labels)),
    maskOffsets: Float64Array.from(entries, ({ maskOffset }) => maskOffset),
    maskLengths: Uint32Array.from(entries, ({ maskLength }) => maskLength),
  };
  return joinTables(facts, tables);
}

/** The index again. @throws SceneError `BROKEN_PACKED_FILE` */
export function decodePackedIndex(bytes: Uint8Array, where: string): { facts: PackedFacts; tables: PackedTables } {
  const { facts, tables } = splitTables(bytes, where);
  const images = tables.labels.length;
  const perImage = [tables.offsets, tables.checksums, tables.idEnds, tables.boxEnds, tables.labelEnds];
  const isConsistent =
    perImage.every(({ length }) => length === images) &&
    tables.sizes.length === 4 * images &&
    tables.maskOffsets.length === images &&
    tables.maskLengths.length === images;
  if (!isConsistent) throw brokenPackedFile(where, 'an index whose tables differ in length');
  return { facts: facts as unknown as PackedFacts, tables };
}

/** The head of a packed file with this index at this place. */
export function encodePackedHead(indexOffset: number, index: Uint8Array): Uint8Array {
  const head = new Uint8Array(PACKED_HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, VERSION, true);
  view.setFloat64(16, indexOffset, true);
  view.setFloat64(24, index.length, true);
  head.set(indexDigest(index), 32);
  return head;
}

/** Where the index of a packed file is, and its digest. @throws SceneError `NOT_A_PACKED_FILE`, `PACKED_VERSION`, `BROKEN_PACKED_FILE` */
export function decodePackedHead(
  head: Uint8Array,
  fileBytes: number,
  where: string,
): { indexOffset: number; indexLength: number; digest: Uint8Array } {
  const magic = new TextDecoder().decode(head.subarray(0, MAGIC.length));
  if (head.length < PACKED_HEAD_BYTES || magic !== MAGIC) throw notPacked(where);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw otherVersion(where, version);
  const indexOffset = view.getFloat64(16, true);
  const indexLength = view.getFloat64(24, true);
  if (!(indexOffset >= PACKED_HEAD_BYTES && indexOffset + indexLength === fileBytes)) {
    throw brokenPackedFile(where, `${fileBytes} bytes instead of ${indexOffset + indexLength}`);
  }
  return { indexOffset, indexLength, digest: head.slice(32, 64) };
}

/** SHA-256 of an index. */
export function indexDigest(index: Uint8Array): Uint8Array {
  return createHash('sha256').update(index).digest();
}

function ends(lengths: readonly number[]): Uint32Array {
  let end = 0;
  return Uint32Array.from(lengths, (length) => {
    end += length;
    return end;
  });
}

function notPacked(where: string): SceneError {
  return new SceneError({
    code: 'NOT_A_PACKED_FILE',
    expected: 'a file made by packDataset',
    found: 'another signature',
    where,
    fix: 'Give the path of a packed file, or pack the data set first.',
  });
}

function otherVersion(where: string, found: number): SceneError {
  return new SceneError({
    code: 'PACKED_VERSION',
    expected: `a packed file of version ${VERSION}`,
    found: `version ${found}`,
    where,
    fix: 'Pack the data set again with this release.',
  });
}
