import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { tf } from './tensor.ts';

/** Under which tfjs knows its WebAssembly backend. */
export const WASM_BACKEND = 'wasm';

/** What tfjs's backend keeps of its module. */
interface TfjsBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly tfjs: { registerTensor(id: number, size: number, address: number): void };
  };
}

const guarded = new WeakSet<object>();

/** Makes tfjs's WebAssembly backend current, and its failures errors of ours. */
export async function activateWebAssembly(): Promise<{ readonly description: string } | { readonly reason: string }> {
  let wasm: typeof import('@tensorflow/tfjs-backend-wasm');
  try {
    wasm = await import('@tensorflow/tfjs-backend-wasm');
  } catch {
    return { reason: '@tensorflow/tfjs-backend-wasm is not installed' };
  }
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(entry)}${sep}`);
  // Its threads need a browser's workers; tfjs would think it runs in one after plain JavaScript.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const isReady = await withOwnWarnings(() => tf.setBackend(WASM_BACKEND));
  if (!isReady) throw new Error(`tfjs could not initialise its WebAssembly backend: ${warnings.join(' ')}`);
  warnings = [];
  guardMemory(tf.backend() as unknown as TfjsBackend);
  guardKernels();
  return { description: 'WebAssembly with SIMD' };
}

/** What the module has warned of since the last kernel ended. */
let warnings: string[] = [];

/** The module keeps the `console.warn` that it finds when it is made, and says there when it has not computed a result. */
async function withOwnWarnings<Result>(make: () => Promise<Result>): Promise<Result> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    warnings.push(words.join(' '));
  };
  try {
    return await make();
  } finally {
    console.warn = warn;
  }
}

/** tfjs does not ask whether it was given memory, and would write over what lies at address 0. */
function guardMemory({ wasm }: TfjsBackend): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  // At its first call the module puts another function in this one's place.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const found = `no room for another ${bytes} bytes`;
    const address = explained(found, () => allocate(bytes));
    if (address === 0 && bytes > 0) throw failure(found);
    return address;
  };
  const { registerTensor } = wasm.tfjs;
  wasm.tfjs.registerTensor = (...args) => explained('no room for another tensor', () => registerTensor(...args));
}

/** A kernel that finds no memory stops the module with words that tell nobody why, or warns and gives what lay there. */
function guardKernels(): void {
  for (const kernel of tf.getKernelsForBackend(WASM_BACKEND)) {
    if (guarded.has(kernel)) continue;
    const kernelFunc: tf.KernelFunc = (call) => {
      const result = explained(`no result of ${kernel.kernelName}`, () => kernel.kernelFunc(call));
      if (warnings.length === 0) return result;
      const said = warnings.join(' ');
      warnings = [];
      throw failure(`no result of ${kernel.kernelName} (${said})`);
    };
    const replacement = { ...kernel, kernelFunc };
    guarded.add(replacement);
    tf.unregisterKernel(kernel.kernelName, WASM_BACKEND);
    tf.registerKernel(replacement);
  }
}

function explained<Result>(found: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof WebAssembly.RuntimeError ? failure(`${found} (${error.message})`) : error;
  }
}

function failure(found: string): SceneError {
  const { wasm } = tf.backend() as unknown as TfjsBackend;
  const taken = (wasm.HEAPU8.length / 2 ** 30).toFixed(1);
  return new SceneError({
    code: 'WEBASSEMBLY_FAILED',
    expected: 'operations that WebAssembly carries out in the 4 GiB that it can address',
    found: `${found}, with ${taken} GiB taken`,
    where: 'the WebAssembly backend',
    fix: 'Start again with smaller batches (a run can accumulate them), or on the native backend; `ssl-scene doctor` says how to get it.',
  });
}
