import { describe, expect, it } from 'vitest';
import { nativeJpegLibrary } from '../src/jpeg-decoder.ts';

describe('who decodes JPEG files', () => {
  it.each([
    ['auto', 'native', true, 'there', []],
    ['auto', 'wasm', true, undefined, []],
    ['native', 'wasm', true, 'there', []],
    ['sharp', 'native', true, undefined, []],
    [
      'native',
      'wasm',
      false,
      undefined,
      [/loading\.jpeg native: it is not installed; sharp decodes instead\. Install it\./],
    ],
  ] as const)('%s on %s, the library there: %s', (jpeg, backend, isThere, expected, warnings) => {
    const found = isThere ? { packageDirectory: 'there' } : { reason: 'it is not installed', fix: 'Install it.' };
    const said: string[] = [];
    const chosen = nativeJpegLibrary(jpeg, (text) => said.push(text), { backend, findNative: () => found });
    expect(chosen).toBe(expected);
    expect(said).toEqual(warnings.map((text) => expect.stringMatching(text)));
  });
});
