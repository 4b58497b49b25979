import type { RandomStream } from '@ssl-scene/random';

/** Values that break arithmetic more often than others. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

/** A copy of a file with one to six changes of the kinds that damage and malice make. */
export function mutated(file: Uint8Array, other: Uint8Array, random: RandomStream): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(file);
  for (let changes = random.integer(1, 7); changes > 0; changes--) bytes = mutateOnce(bytes, other, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: RandomStream): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.integer(0, 256));
  const at = random.integer(0, bytes.length);
  const length = Math.min(random.integer(1, 17), bytes.length - at);
  switch (random.integer(0, 9)) {
    case 0:
      return bytes.with(at, bytes[at]! ^ (1 << random.integer(0, 8)));
    case 1:
      return bytes.with(at, random.integer(0, 256));
    case 2:
      return Uint8Array.from(bytes).fill(EXTREMES[random.integer(0, EXTREMES.length)]!, at, at + length);
    case 3:
      return bytes.slice(0, at);
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
    case 6:
      return joined(bytes.subarray(0, at), other.subarray(random.integer(0, other.length)));
    case 7:
      return withDigits(bytes, at, random);
    default:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => random.integer(0, 256)),
        bytes.subarray(at),
      );
  }
}

/** Replaces the number written at or behind a place, where there is one, by another. */
function withDigits(bytes: Uint8Array, at: number, random: RandomStream): Uint8Array {
  const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
  const start = bytes.findIndex((byte, i) => i >= at && isDigit(byte));
  if (start < 0) return bytes;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end]!)) end++;
  const numbers = ['0', '-1', '1e9', '4294967296', '99999999999999999999', 'NaN', '0.5', 'null', ''];
  const number = new TextEncoder().encode(numbers[random.integer(0, numbers.length)]!);
  return joined(bytes.subarray(0, start), number, bytes.subarray(end));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
