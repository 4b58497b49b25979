/** Backends that this machine can run; the native one is missing where its library is not installed. */
export async function availableBackends(useBackend) {
  const found = [];
  for (const backend of ['native', 'wasm', 'cpu']) {
    try {
      await useBackend({ backend });
      found.push(backend);
    } catch (error) {
      if (error?.code !== 'BACKEND_UNAVAILABLE') throw error;
    }
  }
  return found;
}
