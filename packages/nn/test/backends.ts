import { type BackendName, useBackend } from '@ssl-scene/tensors';

/** Whether this machine can run the backend, tried once. */
export async function isAvailable(backend: BackendName): Promise<boolean> {
  try {
    await useBackend({ backend });
    return true;
  } catch {
    return false;
  }
}
