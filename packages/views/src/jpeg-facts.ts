import { type Orientation, readOrientation } from '@ssl-scene/datasets';

/** What the header of a JPEG file says of its pixels. */
export interface JpegFacts {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 colour, 4 ink. */
  readonly components: number;
  readonly isProgressive: boolean;
  readonly orientation: Orientation;
  readonly hasColourProfile: boolean;
}

const START_OF_SCAN = 0xda;
const APPLICATION_1 = 0xe1;
const APPLICATION_2 = 0xe2;
/** Start-of-frame markers of the two methods in use, with Huffman codes: in one go (baseline, extended), and progressive. */
const SEQUENTIAL_FRAMES = [0xc0, 0xc1];
const PROGRESSIVE_FRAME = 0xc2;

/**
 * Reads the header of a JPEG file up to its first scan. Undefined where it is not the ordinary kind: 8 bits a sample, Huffman
 * codes, one frame, segments in a row.
 */
export function jpegFacts(bytes: Uint8Array): JpegFacts | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  let frame: Pick<JpegFacts, 'width' | 'height' | 'components' | 'isProgressive'> | undefined;
  let orientation: Orientation = 1;
  let hasColourProfile = false;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    const content = bytes.subarray(at + 4, at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!);
    if (marker === START_OF_SCAN) return frame && { ...frame, orientation, hasColourProfile };
    if (SEQUENTIAL_FRAMES.includes(marker) || marker === PROGRESSIVE_FRAME) {
      if (frame !== undefined || content.length < 6 || content[0] !== 8) return undefined;
      frame = {
        width: content[3]! * 256 + content[4]!,
        height: content[1]! * 256 + content[2]!,
        components: content[5]!,
        isProgressive: marker === PROGRESSIVE_FRAME,
      };
    } else if (isOtherFrame(marker)) {
      return undefined;
    } else if (marker === APPLICATION_1 && startsWith(content, 'Exif\0')) {
      orientation = readOrientation(content);
    } else if (marker === APPLICATION_2 && startsWith(content, 'ICC_PROFILE\0')) {
      hasColourProfile = true;
    }
    at += 4 + content.length;
  }
  return undefined;
}

/** Number of scans of a file: each is a pass over the whole picture, and a file may have any number. */
export function jpegScans(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = Buffer.from([0xff, START_OF_SCAN]);
  let scans = 0;
  for (let at = buffer.indexOf(mark); at >= 0; at = buffer.indexOf(mark, at + 2)) scans++;
  return scans;
}

/** Lossless, hierarchical and arithmetic-coded frames; C4, C8 and CC announce other things. */
function isOtherFrame(marker: number): boolean {
  return marker >= 0xc3 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}
