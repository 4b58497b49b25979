import { type BackendName, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';

/** The backends that this machine can run. */
export const available: readonly BackendName[] = await availableBackends(useBackend);

/** Whether WebGPU finds a GPU here, or a driver that stands in for one, however slow. */
export const hasWebGpu = await useBackend({ backend: 'webgpu' }).then(
  () => true,
  (error: { code?: string }) => {
    if (error.code === 'BACKEND_UNAVAILABLE') return false;
    throw error;
  },
);
