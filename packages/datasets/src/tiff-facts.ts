import type { Orientation } from './orientation.ts';
import type { HeaderFacts, PictureMode } from './picture-facts.ts';

const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  photometric: 262,
  orientation: 274,
  extraSamples: 338,
  profile: 34_675,
} as const;

const MODES: Readonly<Record<number, PictureMode>> = {
  0: 'grey',
  1: 'grey',
  2: 'rgb',
  3: 'palette',
  5: 'cmyk',
  6: 'rgb',
};

const SHORT = 3;
const ENTRY = 12;
/** A chain of pages may run in circles. */
const MOST_PAGES = 10_000;

/** Facts of the first page of a TIFF file; undefined for BigTIFF, and where there is no page. */
export function tiffFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint16(0) === 0x4949;
  if (view.getUint16(2, little) !== 42) return undefined;
  const first = view.getUint32(4, little);
  const value = (tag: number): number | undefined => readTag(view, little, first, tag);
  const [width, height] = [value(TAGS.width), value(TAGS.height)];
  if (width === undefined || height === undefined) return undefined;
  const orientation = value(TAGS.orientation) ?? 1;
  return {
    width,
    height,
    mode: MODES[value(TAGS.photometric) ?? -1] ?? 'other',
    bits: value(TAGS.bits) ?? 1,
    hasAlpha: value(TAGS.extraSamples) !== undefined,
    orientation: orientation >= 1 && orientation <= 8 ? (orientation as Orientation) : 1,
    frames: countPages(view, little, first),
    hasProfile: value(TAGS.profile) !== undefined,
  };
}

/** The first value of a tag. */
function readTag(view: DataView, little: boolean, directory: number, tag: number): number | undefined {
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + ENTRY * i;
    if (view.getUint16(entry, little) !== tag) continue;
    if (view.getUint16(entry + 2, little) !== SHORT) return view.getUint32(entry + 8, little);
    // Up to two short values stand in the entry, more where it points to.
    const isInside = view.getUint32(entry + 4, little) <= 2;
    return view.getUint16(isInside ? entry + 8 : view.getUint32(entry + 8, little), little);
  }
  return undefined;
}

function countPages(view: DataView, little: boolean, first: number): number {
  let pages = 0;
  for (let directory = first; directory !== 0 && pages < MOST_PAGES; pages++) {
    const next = directory + 2 + ENTRY * view.getUint16(directory, little);
    directory = next + 4 <= view.byteLength ? view.getUint32(next, little) : 0;
    if (directory + 2 > view.byteLength) directory = 0;
  }
  return pages;
}
