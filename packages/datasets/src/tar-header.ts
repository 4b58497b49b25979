import { brokenArchive } from './archive-error.ts';

/** Headers and contents of a tar file fill blocks of this many bytes. */
export const TAR_BLOCK = 512;

/** Names longer than any file system's path are no names. */
const LONGEST_NAME = 65_536;

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/** What a member of a tar file is; `meta` members describe the one that follows. */
export type TarKind = 'file' | 'folder' | 'link' | 'meta' | 'other';

export interface TarHeader {
  readonly name: string;
  /** Bytes of its contents. */
  readonly size: number;
  readonly kind: TarKind;
  readonly typeFlag: string;
}

/**
 * Reads a header block: old, POSIX (ustar) and GNU forms. A block of zeros, which ends the archive, gives undefined.
 *
 * @throws SceneError `BROKEN_ARCHIVE` where the block is no header by its checksum
 */
export function parseTarHeader(block: Uint8Array, where: string): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  checkSum(block, where);
  const typeFlag = String.fromCharCode(block[156]!);
  const prefix = text(block, 257, 262) === 'ustar' && block[262] === 0 ? text(block, 345, 500) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readNumber(block, 124, 136, where),
    kind: kindOf(typeFlag, name),
    typeFlag,
  };
}

/** Names and sizes that do not fit into a header come in members before it; this carries them over. */
export class TarExtensions {
  #name: string | undefined;
  #size: number | undefined;

  /** Takes the contents of a `meta` member. */
  read(header: TarHeader, contents: Uint8Array, where: string): void {
    if (header.typeFlag === 'L') this.#name = textOf(contents);
    if (header.typeFlag !== 'x') return;
    for (const [key, value] of paxRecords(contents, where)) {
      if (key === 'path') this.#name = value;
      if (key === 'size' && /^\d{1,15}$/.test(value)) this.#size = Number(value);
    }
  }

  /** The header with what was said of it before. */
  complete(header: TarHeader): TarHeader {
    const completed = { ...header, name: this.#name ?? header.name, size: this.#size ?? header.size };
    this.#name = undefined;
    this.#size = undefined;
    return completed;
  }
}

/** Refuses names that are too long to be read into memory. @returns the bytes that hold the contents of a `meta` member */
export function metaBytes(header: TarHeader, where: string): number {
  if (header.size <= LONGEST_NAME || header.typeFlag === 'g') return header.size;
  throw brokenArchive(where, `a name of ${header.size} bytes`);
}

/** Bytes that contents occupy, filled up to whole blocks. */
export function paddedSize(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

function kindOf(typeFlag: string, name: string): TarKind {
  // Old archives mark folders by a slash only.
  if (typeFlag === '0' || typeFlag === '\0' || typeFlag === '7') return name.endsWith('/') ? 'folder' : 'file';
  if (typeFlag === '5') return 'folder';
  if (typeFlag === '1' || typeFlag === '2') return 'link';
  return ['L', 'K', 'x', 'g'].includes(typeFlag) ? 'meta' : 'other';
}

function checkSum(block: Uint8Array, where: string): void {
  let unsigned = 0;
  let signed = 0;
  for (const [i, stored] of block.entries()) {
    const byte = i >= CHECKSUM_START && i < CHECKSUM_END ? 0x20 : stored;
    unsigned += byte;
    signed += (byte << 24) >> 24;
  }
  const expected = readNumber(block, CHECKSUM_START, CHECKSUM_END, where);
  // Some old writers summed signed bytes.
  if (expected !== unsigned && expected !== signed) throw brokenArchive(where, 'a block that is no tar header');
}

/** Octal digits, or (GNU) a big-endian number marked by the highest bit. */
function readNumber(block: Uint8Array, start: number, end: number, where: string): number {
  if ((block[start]! & 0x80) !== 0) {
    let value = block[start]! & 0x7f;
    for (let i = start + 1; i < end; i++) value = value * 256 + block[i]!;
    if (Number.isSafeInteger(value)) return value;
    throw brokenArchive(where, 'a number too large');
  }
  const digits = text(block, start, end).trim();
  if (/^[0-7]*$/.test(digits)) return digits === '' ? 0 : Number.parseInt(digits, 8);
  throw brokenArchive(where, `"${digits}" instead of an octal number`);
}

/** `<length> <key>=<value>\n`, the length counting the whole record. */
function paxRecords(contents: Uint8Array, where: string): [string, string][] {
  const records: [string, string][] = [];
  for (let at = 0; at < contents.length; ) {
    const blank = contents.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(decode(contents.subarray(at, blank)));
    if (!Number.isInteger(length) || length <= blank - at + 1 || at + length > contents.length) {
      throw brokenArchive(where, 'an extended header that cannot be read');
    }
    const record = decode(contents.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf('=');
    records.push([record.slice(0, equals), record.slice(equals + 1)]);
    at += length;
  }
  return records;
}

function text(block: Uint8Array, start: number, end: number): string {
  return textOf(block.subarray(start, end));
}

/** Text up to its first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
