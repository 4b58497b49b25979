type TestedBackend = 'native' | 'wasm' | 'cpu';

/**
 * The backends that this machine can run; the native one is missing where its library is not installed.
 *
 * @param useBackend that of `@ssl-scene/tensors`
 */
export declare function availableBackends(
  useBackend: (options: { readonly backend: TestedBackend }) => Promise<unknown>,
): Promise<TestedBackend[]>;
