import { expect, it } from 'vitest';
import { compileKernels } from '../scripts/build-kernels.mjs';
import { RASTER_KERNELS } from '../src/generated/raster-kernels.ts';

it('compiling the assembly gives the embedded bytes', async () => {
  expect(Buffer.from(await compileKernels()).toString('base64')).toBe(RASTER_KERNELS);
});
