import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  fromFloat32,
  toFloat32,
} from '@ssl-scene/safetensors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const everyPattern = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

interface Half {
  readonly name: string;
  readonly down: (values: Float32Array) => Uint16Array;
  readonly up: (bits: Uint16Array) => Float32Array;
  readonly exponentBits: number;
}
const halves: readonly Half[] = [
  { name: 'binary16', down: float32ToFloat16, up: float16ToFloat32, exponentBits: 5 },
  { name: 'bfloat16', down: float32ToBfloat16, up: bfloat16ToFloat32, exponentBits: 8 },
];

/** The definition in arithmetic, without bit tricks. */
function definedValue(bits: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor((bits % 0x8000) / 2 ** fractionBits);
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1 + fraction) * 2 ** (exponent - bias) : sign * fraction * 2 ** (1 - bias);
}

describe.each(halves)('$name', ({ down, up, exponentBits }) => {
  it('has the value of its definition for every bit pattern', () => {
    const values = up(everyPattern);
    for (const bits of everyPattern) {
      if (!Object.is(values[bits], definedValue(bits, exponentBits))) {
        expect(values[bits], `pattern ${bits}`).toBe(definedValue(bits, exponentBits));
      }
    }
  });

  it('gives every pattern back, and a NaN for a NaN', () => {
    const values = up(everyPattern);
    const back = down(values);
    const changed = everyPattern.filter((bits) => back[bits] !== bits && !Number.isNaN(values[bits]));
    expect([...changed]).toEqual([]);
    expect(up(back).filter(Number.isNaN).length).toBe(values.filter(Number.isNaN).length);
  });

  it('rounds to the nearest value, ties to the even pattern', () => {
    const infinity = (2 ** exponentBits - 1) * 2 ** (15 - exponentBits);
    // What the pattern of infinity would be worth if the range went on: rounding overflows halfway to it.
    const beyond = 2 ** (2 ** (exponentBits - 1));
    const value = (bits: number): number => (bits === infinity ? beyond : definedValue(bits, exponentBits));
    const magnitude = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: 0 }),
      fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: Math.fround(1e-4) }),
      fc.integer({ min: 0, max: infinity - 1 }).map((bits) => Math.fround((value(bits) + value(bits + 1)) / 2)),
    );
    fc.assert(
      fc.property(magnitude, fc.boolean(), (x, negative) => {
        const bits = down(Float32Array.of(negative ? -x : x))[0]!;
        const positive = bits % 0x8000;
        expect(bits >= 0x8000).toBe(negative);
        const distance = Math.abs(value(positive) - x);
        for (const neighbour of [positive - 1, positive + 1]) {
          if (neighbour < 0 || neighbour > infinity) continue;
          const other = Math.abs(value(neighbour) - x);
          if (positive === infinity && x > beyond) continue;
          expect(distance < other || (distance === other && positive % 2 === 0), `${x} to ${positive}`).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('conversion', () => {
  it('reads integers of every width', () => {
    const shape = [2];
    expect([...toFloat32({ dtype: 'I64', shape, data: BigInt64Array.of(-7n, 8n) })]).toEqual([-7, 8]);
    expect([...toFloat32({ dtype: 'BOOL', shape, data: Uint8Array.of(0, 1) })]).toEqual([0, 1]);
    expect([...toFloat32({ dtype: 'F64', shape, data: Float64Array.of(0.1, 1e300) })]).toEqual([
      Math.fround(0.1),
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('refuses a shape that does not fit', () => {
    expect(() => fromFloat32(new Float32Array(3), [2, 2], 'BF16')).toThrow(/SAFETENSORS_SHAPE.*shape of 3 elements/);
  });

  it('keeps F32 as it is', () => {
    const values = Float32Array.of(1, 2);
    expect(toFloat32(fromFloat32(values, [2]))).toBe(values);
  });
});
