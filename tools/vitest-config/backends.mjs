/**
 * Backends that this machine can run: the native one needs its library, WebGPU a GPU. A driver that computes WebGPU in software
 * takes minutes over what a GPU does in seconds, so it counts only where SSL_SCENE_BACKEND asks for it.
 */
export async function availableBackends(useBackend) {
  const found = [];
  for (const backend of ['native', 'webgpu', 'wasm', 'cpu']) {
    try {
      const { description } = await useBackend({ backend });
      const isSlow = backend === 'webgpu' && description.endsWith('in software');
      if (!isSlow || process.env.SSL_SCENE_BACKEND === 'webgpu') found.push(backend);
    } catch (error) {
      if (error?.code !== 'BACKEND_UNAVAILABLE') throw error;
    }
  }
  return found;
}
