import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { checkIndex } from './check-index.ts';
import { statData } from './data-path.ts';
import type { PackedSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
import { brokenImage } from './image-fault.ts';
import {
  decodePackedHead,
  decodePackedIndex,
  indexDigest,
  PACKED_HEAD_BYTES,
  type PackedFacts,
} from './packed-format.ts';
import { brokenPackedFile, type PackedTables } from './packed-tables.ts';

/** A data set whose images lie decoded in one file. */
export interface PackedDataset extends ImageDataset {
  readonly source: PackedSource;
  /** What the file says of itself: the data set it was made from, and by which rule. */
  readonly facts: PackedFacts;
  size(index: number): ImageSize;
  /** Size of the image before it was packed. */
  originalSize(index: number): ImageSize;
  pixels(index: number): Raster;
  /**
   * Reads an image into memory of the caller's.
   *
   * @param target gives `width * height * 3` bytes
   */
  pixelsInto(index: number, target: (width: number, height: number) => Uint8Array): void;
  close(): void;
}

/**
 * Opens a packed file (see `packDataset` of `@ssl-scene/views`). Its index is verified now, the pixels of an image whenever
 * they are read; a picture that was bad when the file was made fails as it did then.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `NOT_A_PACKED_FILE`, `PACKED_VERSION`, `BROKEN_PACKED_FILE`, `DATASET_CHANGED` (where the
 * source tells a digest and the file has another)
 */
export function openPacked(source: PackedSource): PackedDataset {
  const file = resolve(source.file);
  const fileBytes = statData(file).size;
  const descriptor = openSync(file, 'r');
  try {
    const { index, digest } = readIndex(descriptor, fileBytes, file);
    if (source.digest !== undefined && source.digest !== digest) throw changedFile(file);
    return packedDataset(descriptor, { ...source, file, digest }, decodePackedIndex(index, file));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readIndex(descriptor: number, fileBytes: number, file: string): { index: Uint8Array; digest: string } {
  const head = new Uint8Array(Math.min(PACKED_HEAD_BYTES, fileBytes));
  readWhole(descriptor, head, 0, file);
  const { indexOffset, indexLength, digest } = decodePackedHead(head, fileBytes, file);
  const index = new Uint8Array(indexLength);
  readWhole(descriptor, index, indexOffset, file);
  if (!Buffer.from(indexDigest(index)).equals(digest)) throw brokenPackedFile(file, 'an index with another digest');
  return { index, digest: Buffer.from(digest).toString('hex').slice(0, 32) };
}

function packedDataset(
  descriptor: number,
  source: PackedSource & { readonly digest: string },
  { facts, tables }: { facts: PackedFacts; tables: PackedTables },
): PackedDataset {
  const { file } = source;
  const { name, classNames, warnings } = facts;
  const length = tables.labels.length;
  const faults = new Map(facts.faults.map(({ index, ...details }) => [index, details]));
  let isOpen = true;

  const sizeAt = (index: number, column: 0 | 2): ImageSize => {
    checkIndex(index, length, name);
    return { width: tables.sizes[4 * index + column]!, height: tables.sizes[4 * index + column + 1]! };
  };
  const id = (index: number): string => {
    checkIndex(index, length, name);
    return new TextDecoder().decode(tables.ids.subarray(startOf(tables.idEnds, index), tables.idEnds[index]!));
  };
  const pixelsInto: PackedDataset['pixelsInto'] = (index, target) => {
    const { width, height } = sizeAt(index, 0);
    const fault = faults.get(index);
    if (fault !== undefined) throw new SceneError(fault);
    const data = target(width, height);
    readWhole(descriptor, data, tables.offsets[index]!, file);
    if (crc32(data) !== tables.checksums[index]) throw brokenImage(`${file}, "${id(index)}"`, 'damaged pixels');
  };

  return {
    name,
    length,
    source,
    facts,
    warnings,
    ...(classNames === undefined ? {} : { classNames }),
    id,
    label(index) {
      checkIndex(index, length, name);
      return tables.labels[index]!;
    },
    ...(facts.hasLabelLists ? { labels: (index: number) => labelsOf(tables, index, length, name) } : {}),
    size: (index) => sizeAt(index, 0),
    originalSize: (index) => sizeAt(index, 2),
    ...(facts.hasBoxes ? { boxes: (index: number) => boxesOf(tables, index, length, name) } : {}),
    ...(facts.hasMasks ? { mask: (index: number) => maskOf(descriptor, tables, sizeAt(index, 0), index, file) } : {}),
    pixels(index) {
      let data = new Uint8Array(0);
      pixelsInto(index, (width, height) => {
        data = new Uint8Array(width * height * 3);
        return data;
      });
      return { ...sizeAt(index, 0), data };
    },
    pixelsInto,
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function labelsOf(tables: PackedTables, index: number, length: number, name: string): number[] {
  checkIndex(index, length, name);
  return [...tables.labelLists.subarray(startOf(tables.labelEnds, index), tables.labelEnds[index]!)];
}

function boxesOf(tables: PackedTables, index: number, length: number, name: string): LabelledBox[] {
  checkIndex(index, length, name);
  const boxes: LabelledBox[] = [];
  for (let i = startOf(tables.boxEnds, index); i < tables.boxEnds[index]!; i++) {
    const [x0, y0, x1, y1] = tables.boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const flags = tables.boxFlags[i]!;
    boxes.push({
      x0,
      y0,
      x1,
      y1,
      label: tables.boxLabels[i]!,
      ...((flags & 1) !== 0 && { crowd: true }),
      ...((flags & 2) !== 0 && { difficult: true }),
    });
  }
  return boxes;
}

function maskOf(
  descriptor: number,
  tables: PackedTables,
  size: ImageSize,
  index: number,
  file: string,
): ObjectMask | undefined {
  const length = tables.maskLengths[index]!;
  if (length === 0) return undefined;
  const compressed = new Uint8Array(length);
  readWhole(descriptor, compressed, tables.maskOffsets[index]!, file);
  try {
    const data = inflateRawSync(compressed, { maxOutputLength: size.width * size.height });
    return { ...size, data: new Uint8Array(data) };
  } catch (cause) {
    throw brokenPackedFile(file, `a damaged mask of image ${index}`, cause);
  }
}

function startOf(ends: Uint32Array, index: number): number {
  return index === 0 ? 0 : ends[index - 1]!;
}

/** Fills `data` from a place in the file; a read may give less than it was asked for. */
function readWhole(descriptor: number, data: Uint8Array, position: number, file: string): void {
  for (let done = 0; done < data.length; ) {
    const count = readSync(descriptor, data, done, data.length - done, position + done);
    if (count === 0) throw brokenPackedFile(file, 'a file that ends early');
    done += count;
  }
}

function changedFile(file: string): SceneError {
  return new SceneError({
    code: 'DATASET_CHANGED',
    expected: 'the packed file that was there when the data set was first opened',
    found: 'another one',
    where: file,
    fix: 'Restore the file, or start a new run: an index would name another picture than before.',
  });
}
