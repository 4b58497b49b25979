import { type Orientation, readOrientation } from './orientation.ts';
import type { HeaderFacts } from './picture-facts.ts';

/** Start-of-frame markers are C0 … CF but for these, which announce tables. */
const NOT_FRAMES = [0xc4, 0xc8, 0xcc];

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;

/** A marker segment; `start` is the place of its contents behind the length, `end` that of the next marker. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Number of colour components of a JPEG file (1 grey, 3 colour, 4 ink), from its frame header; undefined where none is found
 * on the straight way there.
 */
export function jpegComponents(bytes: Uint8Array): number | undefined {
  for (const { marker, start } of segments(bytes)) if (isFrame(marker)) return bytes[start + 5];
  return undefined;
}

/** What the segments of a JPEG file say before its first scan. */
export interface JpegHeader {
  /** Size as stored, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** 1 is grey, 3 colour, 4 ink. */
  readonly components: number;
  /** The two methods in use, with Huffman codes, in one pass (baseline, extended) and in several; lossless, hierarchical and arithmetic-coded files are others. */
  readonly coding: 'sequential' | 'progressive' | 'other';
  /** Frame headers; more than one, and files are read differently by different decoders. */
  readonly frames: number;
  readonly orientation: Orientation;
  readonly hasProfile: boolean;
  /** Whether the segments lead to a scan. */
  readonly hasScan: boolean;
}

type Frame = Pick<JpegHeader, 'width' | 'height' | 'bits' | 'components' | 'coding'>;

/** Reads the header of a JPEG file; undefined where no frame header is found on the straight way to the first scan. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  let frame: Frame | undefined;
  let frames = 0;
  let orientation: Orientation = 1;
  let hasProfile = false;
  let hasScan = false;
  for (const { marker, start, end } of segments(bytes)) {
    if (isFrame(marker)) {
      frames++;
      frame ??= readFrame(bytes, marker, start);
    }
    if (marker === APP1 && startsWith(bytes, start, 'Exif\0'))
      orientation = readOrientation(bytes.subarray(start, end));
    if (marker === APP2 && startsWith(bytes, start, 'ICC_PROFILE\0')) hasProfile = true;
    hasScan = marker === START_OF_SCAN;
  }
  return frame && { ...frame, frames, orientation, hasProfile, hasScan };
}

/** Facts of a JPEG file from the segments before its first scan; undefined where no frame header is among them. */
export function jpegFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const header = readJpegHeader(bytes);
  if (header === undefined) return undefined;
  const { width, height, bits, components, orientation, hasProfile } = header;
  const mode = components === 1 ? 'grey' : components === 3 ? 'rgb' : components === 4 ? 'cmyk' : 'other';
  return { width, height, mode, bits, hasAlpha: false, orientation, frames: 1, hasProfile };
}

function readFrame(bytes: Uint8Array, marker: number, start: number): Frame {
  const [bits = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = bytes.subarray(start, start + 6);
  const coding = marker <= 0xc1 ? 'sequential' : marker === 0xc2 ? 'progressive' : 'other';
  return { width: w1 * 256 + w0, height: h1 * 256 + h0, bits, components, coding };
}

/** The segments up to the first scan, that included. */
function* segments(bytes: Uint8Array): Generator<Segment> {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    // Any number of FF may fill the space before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    yield { marker, start: at + 4, end };
    if (marker === START_OF_SCAN) return;
    at = end;
  }
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !NOT_FRAMES.includes(marker);
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
}
