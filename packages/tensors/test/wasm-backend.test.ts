import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('what WebAssembly finds no memory for is an error, never a wrong result, and what fits goes on', () => {
  const program = fileURLToPath(new URL('full-memory.ts', import.meta.url));
  const args = ['--conditions=@ssl-scene/source', '--import=tsx', program];
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  expect(lines.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^a tensor of values: wasm WEBASSEMBLY_FAILED: .* found no room for another 67108864 bytes/),
    expect.stringMatching(
      /^the result of a sum: wasm WEBASSEMBLY_FAILED: .* found no room for another 134217728 bytes/,
    ),
    expect.stringMatching(/^a convolution: wasm WEBASSEMBLY_FAILED: .* found no result of Conv2D \(XNN status/),
    'a small tensor: fits',
  ]);
});
