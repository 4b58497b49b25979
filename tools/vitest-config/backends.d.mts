type TestedBackend = 'native' | 'webgpu' | 'wasm' | 'cpu';

/**
 * The backends that this machine can run: the native one needs its library, WebGPU a GPU, or SSL_SCENE_BACKEND=webgpu and a
 * driver that computes in software.
 *
 * @param useBackend that of `@ssl-scene/tensors`
 */
export declare function availableBackends(
  useBackend: (options: { readonly backend: TestedBackend }) => Promise<{ readonly description: string }>,
): Promise<TestedBackend[]>;
