import { expect, it } from 'vitest';
import { sourceHash } from '../scripts/build-kernels.mjs';
import { RASTER_KERNELS_SOURCE } from '../src/generated/raster-kernels.ts';

it('the embedded WebAssembly is that of the assembly source (else run `pnpm build:kernels`)', () => {
  expect(RASTER_KERNELS_SOURCE).toBe(sourceHash());
});
