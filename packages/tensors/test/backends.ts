import { loadNative } from '@ssl-scene/native';
import type { BackendName } from '@ssl-scene/tensors';

/** The backends that this machine can run, and the one missing where there is no native library. */
export const available: readonly BackendName[] = 'module' in loadNative() ? ['native', 'wasm', 'cpu'] : ['wasm', 'cpu'];
