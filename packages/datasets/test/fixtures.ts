import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a file that `fixtures/make-fixtures.py` wrote. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(fixture(name));
}

/** The pixels of picture `index` of the fixtures, 8 × 6, RGB. */
export function fixturePixels(index: number): Uint8Array {
  return Uint8Array.from({ length: 6 * 8 * 3 }, (_, i) => {
    const [y, x, channel] = [Math.floor(i / 24), Math.floor(i / 3) % 8, i % 3];
    return (index * 40 + y * 16 + x * 4 + channel * 3) % 256;
  });
}
