import { isSceneError } from '@ssl-scene/errors';
import { type BackendName, useBackend } from '@ssl-scene/tensors';

/** The backends that this machine can run; the native one is missing where its library is not installed. */
export async function availableBackends(): Promise<BackendName[]> {
  const found: BackendName[] = [];
  for (const backend of ['native', 'wasm', 'cpu'] as const) {
    try {
      await useBackend({ backend });
      found.push(backend);
    } catch (error) {
      if (!isSceneError(error) || error.code !== 'BACKEND_UNAVAILABLE') throw error;
    }
  }
  return found;
}
