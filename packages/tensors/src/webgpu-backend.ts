import { SceneError } from '@ssl-scene/errors';
import { tf } from './tensor.ts';
import { registerCorrections } from './webgpu-corrections.ts';
import { registerFilterGradient } from './webgpu-filter-gradient.ts';
import { type OpenedGpu, type OpenOptions, openGpu } from './webgpu-host.ts';
import { WEBGPU_BACKEND } from './webgpu-program.ts';
import type { GpuAdapterInfo, GpuBuffer } from './webgpu-types.ts';

/** The backend's description, or why it cannot be had. */
export type Registration = { readonly description: string } | { readonly reason: string };

let registered: { readonly description: string; readonly software: boolean } | undefined;

/**
 * Registers tfjs's WebGPU backend on the machine's GPU, once per process.
 *
 * What tfjs's own registration lacks: it works in Node, values can be read synchronously there, and what the GPU refuses
 * is an error at the next reading, where tfjs would go on with zeros.
 */
export async function registerWebGpu(options: OpenOptions): Promise<Registration> {
  if (registered && (options.software || !registered.software)) return registered;
  const opened = await openGpu(options);
  if ('reason' in opened) return opened;
  let tfjs: typeof import('@tensorflow/tfjs-backend-webgpu');
  try {
    tfjs = await import('@tensorflow/tfjs-backend-webgpu');
  } catch {
    return { reason: '@tensorflow/tfjs-backend-webgpu is not installed' };
  }
  const backend = backendOn(opened, tfjs.WebGPUBackend as unknown as TfjsBackendClass);
  // On hosts with WebGPU of their own tfjs has registered itself when it was imported.
  if (tf.findBackendFactory(WEBGPU_BACKEND)) tf.removeBackend(WEBGPU_BACKEND);
  tf.registerBackend(WEBGPU_BACKEND, () => backend as unknown as tf.KernelBackend);
  registerFilterGradient();
  registerCorrections();
  registered = describe(opened.info);
  return registered;
}

function describe({ vendor, architecture, device, description, isFallbackAdapter = false }: GpuAdapterInfo): {
  readonly description: string;
  readonly software: boolean;
} {
  const name = device || [vendor, architecture].filter(Boolean).join(' ') || 'a GPU without a name';
  const driver = description ? ` (${description})` : '';
  return {
    description: `WebGPU on ${name}${driver}${isFallbackAdapter ? ', in software' : ''}`,
    software: isFallbackAdapter,
  };
}

/** What this package uses of tfjs's backend, most of it hidden by its declared type. */
interface TfjsBackend {
  readonly tensorMap: { get(dataId: object): StoredTensor };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): GpuBuffer;
    releaseBuffer(buffer: GpuBuffer): void;
  };
  readonly commandEncoder: {
    copyBufferToBuffer(from: GpuBuffer, start: number, to: GpuBuffer, place: number, size: number): void;
  };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
}

interface StoredTensor {
  /** What is known of it on this side. */
  values: unknown;
  readonly dtype: tf.DataType;
  /** Where it lies on the GPU. */
  readonly resource?: GpuBuffer | null;
}

type TfjsBackendClass = new (device: object, info: object) => TfjsBackend;

/** A mapping for reading, and the uses of the buffer that it asks for: constants of the WebGPU standard. */
const MAP_READ = { mode: 1, usage: 1 | 8 } as const;

function backendOn(opened: OpenedGpu, WebGpuBackend: TfjsBackendClass): TfjsBackend {
  const throwRefusal = watchRefusals(opened);
  class WatchedBackend extends WebGpuBackend {
    /** Keeps the host's instance alive: with it would go the callback that waiting calls. */
    readonly opened = opened;

    override async read(dataId: object): Promise<unknown> {
      const values = await super.read(dataId);
      throwRefusal();
      return values;
    }

    override readSync(dataId: object): unknown {
      const stored = this.tensorMap.get(dataId);
      if (stored.values == null && stored.resource && waitingHelps(opened)) {
        const bytes = download(this, stored.resource, opened.waitForMapping);
        stored.values = tf.util.convertBackendValuesAndArrayBuffer(bytes, stored.dtype as 'float32');
      }
      throwRefusal();
      return super.readSync(dataId);
    }
  }
  return withOwnGpu(opened, () => new WatchedBackend(opened.device, opened.info));
}

/** Whether this host lets us wait; where it does not, browsers can still read synchronously in tfjs's own way. */
function waitingHelps(opened: OpenedGpu): opened is OpenedGpu & Required<Pick<OpenedGpu, 'waitForMapping'>> {
  if (opened.waitForMapping) return true;
  if ('OffscreenCanvas' in globalThis) return false;
  throw new SceneError({
    code: 'SYNCHRONOUS_READ',
    expected: 'a host in which a program can wait for the GPU',
    found: 'values of a tensor read by dataSync or arraySync',
    where: 'the WebGPU backend',
    fix: 'Use `await tensor.data()`, or run under Node with the package webgpu 0.6.',
  });
}

function download(
  backend: TfjsBackend,
  source: GpuBuffer,
  waitForMapping: NonNullable<OpenedGpu['waitForMapping']>,
): ArrayBuffer {
  const { size } = source;
  const staging = backend.bufferManager.acquireBuffer(size, MAP_READ.usage);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder.copyBufferToBuffer(source, 0, staging, 0, size);
  backend.submitQueue();
  // A failure shows in the buffer's state, at once; the promise would tell of it too late.
  staging.mapAsync(MAP_READ.mode).catch(() => undefined);
  waitForMapping(staging);
  if (staging.mapState !== 'mapped') throw gpuError('a result could not be brought back');
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  backend.bufferManager.releaseBuffer(staging);
  return bytes;
}

/**
 * Listens for what the GPU refuses: operations that are invalid or for which it has no memory, which WebGPU reports
 * beside the program's course only, and the loss of the device. The function given back throws the first of them.
 */
function watchRefusals({ device }: OpenedGpu): () => void {
  let refused: string | undefined;
  let lost: string | undefined;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault?.();
    refused ??= event.error.message;
  });
  device.lost.then(({ reason, message }) => {
    lost = `the device was lost (${reason}): ${message}`;
  });
  return () => {
    const found = lost ?? refused;
    refused = undefined;
    if (found !== undefined) throw gpuError(found);
  };
}

function gpuError(found: string): SceneError {
  return new SceneError({
    code: 'GPU_FAILED',
    expected: 'operations that the GPU carries out',
    found,
    where: 'the WebGPU backend, in an operation since the last reading of a value',
    fix: 'If it speaks of memory or of a size, take smaller batches; otherwise take another backend, and please report it.',
  });
}

/** tfjs asks the globals whether there is a GPU before it takes the one that it is given. */
function withOwnGpu<Result>({ gpu }: OpenedGpu, make: () => Result): Result {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const value = { ...(globalThis.navigator as object | undefined), gpu };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true, writable: true });
  try {
    return make();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
}
