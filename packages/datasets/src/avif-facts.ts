import type { Orientation } from './orientation.ts';
import type { HeaderFacts } from './picture-facts.ts';

/** Properties are told in the boxes before the coded pictures. */
const SEARCHED_BYTES = 65_536;

const ALPHA = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha';

/** EXIF's orientation for a turn by quarters against the clock, and for a turn with a mirror after it. */
const TURNS: readonly Orientation[] = [1, 8, 3, 6];
/** The mirror exchanges top and bottom. */
const TURNS_AND_FLIP: readonly Orientation[] = [4, 5, 2, 7];
/** The mirror exchanges left and right. */
const TURNS_AND_MIRROR: readonly Orientation[] = [2, 7, 4, 5];

/** Facts of an AVIF file, from its property boxes; the largest size is that of the picture, others are tiles. */
export function avifFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SEARCHED_BYTES));
  const sizes = placesOf(head, 'ispe').map((at) => ({
    width: head.readUInt32BE(at + 8),
    height: head.readUInt32BE(at + 12),
  }));
  if (sizes.length === 0) return undefined;
  const size = sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  const [turn] = placesOf(head, 'irot');
  const [mirror] = placesOf(head, 'imir');
  const [depth] = placesOf(head, 'pixi');
  const quarters = turn === undefined ? 0 : head[turn + 4]! & 3;
  const table = mirror === undefined ? TURNS : (head[mirror + 4]! & 1) === 0 ? TURNS_AND_FLIP : TURNS_AND_MIRROR;
  return {
    ...size,
    mode: depth !== undefined && head[depth + 8] === 1 ? 'grey' : 'rgb',
    bits: depth === undefined ? 8 : (head[depth + 9] ?? 8),
    hasAlpha: head.includes(ALPHA),
    orientation: table[quarters]!,
    // A sequence tells its frames elsewhere; that there are several is what counts.
    frames: head.toString('latin1', 8, 12) === 'avis' ? 2 : 1,
    hasProfile: placesOf(head, 'colr').some((at) => ['prof', 'rICC'].includes(head.toString('latin1', at + 4, at + 8))),
  };
}

/** Where the boxes of a type have their name. */
function placesOf(head: Buffer, type: string): number[] {
  const places: number[] = [];
  for (let at = head.indexOf(type); at >= 0 && at + 16 <= head.length; at = head.indexOf(type, at + 4)) places.push(at);
  return places;
}
