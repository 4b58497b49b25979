const LEVELS = 256;

/** Of three channels, which is largest and which smallest; ties are resolved in the order in which Pillow asks. */
const SEXTANTS: readonly { readonly origin: number; readonly sign: 1 | -1 }[] = [
  { origin: 1, sign: -1 }, // red largest, blue smallest
  { origin: -1, sign: 1 }, // red largest, green smallest
  { origin: 3, sign: -1 }, // green largest, red smallest
  { origin: 1, sign: 1 }, // green largest, blue smallest
  { origin: 5, sign: -1 }, // blue largest, green smallest
  { origin: 3, sign: 1 }, // blue largest, red smallest
];

/** The conversions between RGB and Pillow's 8-bit HSV as tables of all their inputs. */
export interface HueTables {
  /** Hue byte, by sextant, chroma (largest minus smallest) and largest minus middle: `(sextant * 256 + chroma) * 256 + x`. */
  readonly hue: Uint8Array;
  /** Saturation as a fraction, by largest channel and chroma: `largest * 256 + chroma`. */
  readonly saturation: Float64Array;
  /** By hue byte, the weight of the saturation in the middle channel. */
  readonly middle: Float64Array;
  /** By hue byte, which channel (0 red, 1 green, 2 blue) is largest, middle and smallest. */
  readonly largestChannel: Uint8Array;
  readonly middleChannel: Uint8Array;
  readonly smallestChannel: Uint8Array;
}

/**
 * Fills the tables with the single-precision arithmetic of Pillow's `rgb2hsv_row` and `hsv2rgb`, rounding where C rounds, so
 * that a hue shift by them equals Pillow's for all 2^24 colours.
 */
export function makeHueTables(): HueTables {
  const tables: HueTables = {
    hue: new Uint8Array(SEXTANTS.length * LEVELS * LEVELS),
    saturation: new Float64Array(LEVELS * LEVELS),
    middle: new Float64Array(LEVELS),
    largestChannel: new Uint8Array(LEVELS),
    middleChannel: new Uint8Array(LEVELS),
    smallestChannel: new Uint8Array(LEVELS),
  };
  for (let chroma = 1; chroma < LEVELS; chroma++) {
    for (let x = 0; x <= chroma; x++) {
      SEXTANTS.forEach((_, sextant) => {
        tables.hue[(sextant * LEVELS + chroma) * LEVELS + x] = hueByte(sextant, chroma, x);
      });
    }
    for (let largest = chroma; largest < LEVELS; largest++) {
      const byte = Math.trunc(Math.fround(chroma / largest) * 255);
      tables.saturation[largest * LEVELS + chroma] = Math.fround(byte / 255);
    }
  }
  fillInverse(tables);
  return tables;
}

function hueByte(sextant: number, chroma: number, x: number): number {
  const { origin, sign } = SEXTANTS[sextant]!;
  const sixths = Math.fround(origin + sign * Math.fround(x / chroma));
  const turn = Math.fround((sixths / 6 + 1) % 1);
  return Math.min(255, Math.trunc(turn * 255));
}

/** Largest, middle and smallest channel for each sixth of the circle, from red through yellow, green, cyan and blue. */
const CHANNEL_ORDER = [
  [0, 1, 2],
  [1, 0, 2],
  [1, 2, 0],
  [2, 1, 0],
  [2, 0, 1],
  [0, 2, 1],
] as const;

function fillInverse(tables: HueTables): void {
  for (let hue = 0; hue < LEVELS; hue++) {
    const sixths = (hue * 6) / 255;
    const whole = Math.floor(sixths);
    const fraction = Math.fround(sixths - whole);
    const [largest, middle, smallest] = CHANNEL_ORDER[whole % 6]!;
    tables.middle[hue] = whole % 2 === 1 ? fraction : 1 - fraction;
    tables.largestChannel[hue] = largest;
    tables.middleChannel[hue] = middle;
    tables.smallestChannel[hue] = smallest;
  }
}
