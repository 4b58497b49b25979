import { closest, SceneError } from '@ssl-scene/errors';
import { loadNative } from '@ssl-scene/native';
import { NATIVE_BACKEND, nativeBackend } from './native-backend.ts';
import { hasOwnOperations } from './own-operations.ts';
import { tf } from './tensor.ts';
import { activateWebAssembly, WASM_BACKEND } from './wasm-backend.ts';
import { registerWebGpu } from './webgpu-backend.ts';
import { WEBGPU_BACKEND } from './webgpu-program.ts';

/** Where tensors live and operations run, from fast to slow. */
export type BackendName = 'native' | 'webgpu' | 'wasm' | 'cpu';

/** The order in which {@link useBackend} tries them. */
export const BACKENDS: readonly BackendName[] = ['native', 'webgpu', 'wasm', 'cpu'];

/** Names an alternative to the automatic choice: one of {@link BACKENDS}, or `auto`. */
export const BACKEND_VARIABLE = 'SSL_SCENE_BACKEND';

export interface BackendOptions {
  /** `auto` takes the first that works. Default: the environment variable SSL_SCENE_BACKEND, else `auto`. */
  readonly backend?: BackendName | 'auto';
}

/** What {@link useBackend} chose. */
export interface BackendReport {
  readonly backend: BackendName;
  /** Library, version and device. */
  readonly description: string;
  /** Backends that would have been faster, each with the reason why it was passed over. */
  readonly passedOver: readonly { readonly backend: BackendName; readonly reason: string }[];
}

/** A backend's description, or why it cannot be had. */
type Attempt = { readonly description: string } | { readonly reason: string };

const REGISTERED: Readonly<Record<BackendName, string>> = {
  native: NATIVE_BACKEND,
  webgpu: WEBGPU_BACKEND,
  wasm: WASM_BACKEND,
  cpu: 'cpu',
};

interface Request {
  /** Whether the user asked for this backend, and not for the best that works. */
  readonly byName: boolean;
}

const ATTEMPTS: Readonly<Record<BackendName, (request: Request) => Promise<Attempt>>> = {
  native: tryNative,
  webgpu: tryWebGpu,
  wasm: activateWebAssembly,
  cpu: tryCpu,
};

/**
 * Chooses where tensors live and makes it current; call it once, before any other function of this package. A named
 * backend is used or an error thrown; `auto` falls back, and the report says why.
 */
export async function useBackend(options: BackendOptions = {}): Promise<BackendReport> {
  const wanted = options.backend ?? fromEnvironment() ?? 'auto';
  const candidates = wanted === 'auto' ? BACKENDS : [checked(wanted, 'option backend')];
  const passedOver: { backend: BackendName; reason: string }[] = [];
  for (const backend of candidates) {
    const attempt = await ATTEMPTS[backend]({ byName: wanted !== 'auto' });
    if ('description' in attempt) return { backend, description: attempt.description, passedOver };
    passedOver.push({ backend, reason: attempt.reason });
  }
  throw new SceneError({
    code: 'BACKEND_UNAVAILABLE',
    expected: `the backend ${wanted}`,
    found: passedOver.map(({ backend, reason }) => `${backend}: ${reason}`).join('; '),
    where: options.backend ? 'option backend' : BACKEND_VARIABLE,
    fix: "Take 'auto' for the best that works here, or run `ssl-scene doctor`.",
  });
}

/** The backend in use. */
export function currentBackend(): BackendName {
  const registered = tf.getBackend();
  const found = BACKENDS.find((backend) => REGISTERED[backend] === registered);
  if (found) return found;
  throw new SceneError({
    code: 'NO_BACKEND',
    expected: `one of ${BACKENDS.join(', ')}`,
    found: registered ? JSON.stringify(registered) : 'none chosen yet',
    where: 'currentBackend',
    fix: 'Call `await useBackend()` first.',
  });
}

function fromEnvironment(): BackendName | 'auto' | undefined {
  const value = process.env[BACKEND_VARIABLE];
  if (value === undefined || value === '') return undefined;
  return value === 'auto' ? value : checked(value, `environment variable ${BACKEND_VARIABLE}`);
}

function checked(name: string, where: string): BackendName {
  const known = BACKENDS.find((backend) => backend === name);
  if (known) return known;
  const near = closest(name, BACKENDS);
  throw new SceneError({
    code: 'UNKNOWN_BACKEND',
    expected: `auto, ${BACKENDS.join(', ')}`,
    found: JSON.stringify(name),
    where,
    fix: near ? `Did you mean ${near}?` : 'Choose one of them.',
  });
}

async function activate(registered: string): Promise<void> {
  if (!(await tf.setBackend(registered))) throw new Error(`tfjs could not initialise its backend ${registered}`);
  await tf.ready();
}

async function tryNative(): Promise<Attempt> {
  const loaded = loadNative();
  if ('reason' in loaded) return loaded;
  await activate(NATIVE_BACKEND);
  const native = nativeBackend()!;
  const library = `TensorFlow ${native.binding.TF_Version}`;
  if (native.isUsingGpuDevice) return { description: `${library} on GPU` };
  const kernels = hasOwnOperations(native)
    ? 'own batch norm'
    : 'without our own batch norm, hence slower; `ssl-scene native install` brings it';
  return { description: `${library} on CPU, ${kernels}` };
}

/** A software adapter is slower than WebAssembly, so that only who asks for WebGPU by name gets one. */
async function tryWebGpu({ byName }: Request): Promise<Attempt> {
  const registration = await registerWebGpu({ software: byName });
  if ('description' in registration) await activate(WEBGPU_BACKEND);
  return registration;
}

async function tryCpu(): Promise<Attempt> {
  // Without this tfjs prints an advertisement for its own native package before the first operation.
  tf.env().set('IS_NODE', false);
  await activate('cpu');
  return { description: 'plain JavaScript, for tests only' };
}
