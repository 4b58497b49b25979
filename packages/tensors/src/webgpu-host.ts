import type { GpuAdapter, GpuAdapterInfo, GpuBuffer, GpuDevice, HostGpu } from './webgpu-types.ts';

/** A device of WebGPU, and how to wait for it. */
export interface OpenedGpu {
  readonly gpu: HostGpu;
  readonly device: GpuDevice;
  readonly info: GpuAdapterInfo;
  /**
   * Blocks until a buffer that is being mapped is mapped, or its mapping has failed. Absent where the host lets nobody
   * wait: then values can be read by `await tensor.data()` only.
   */
  readonly waitForMapping?: (buffer: GpuBuffer) => void;
}

export interface OpenOptions {
  /** Whether a driver that computes on the processor will do. */
  readonly software: boolean;
}

/**
 * Opens the machine's GPU: through the host's own WebGPU where it has one (Deno, browsers), else through the npm package
 * `webgpu`, which brings Dawn to Node. Gives the reason where there is none.
 */
export async function openGpu({ software }: OpenOptions): Promise<OpenedGpu | { readonly reason: string }> {
  const own = (globalThis.navigator as { readonly gpu?: HostGpu } | undefined)?.gpu;
  const gpu = own ?? (await dawn());
  if (!gpu) return { reason: 'this host has no WebGPU of its own; `npm install webgpu` brings it to Node' };
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return { reason: 'WebGPU found no adapter: no GPU, or no Vulkan, Metal or Direct3D driver for it' };
  const { info } = adapter;
  if (info.isFallbackAdapter && !software) {
    return { reason: `WebGPU found no GPU, only the software adapter ${info.description}; ask for webgpu to use it` };
  }
  const opening = watchImmediates(() => adapter.requestDevice(descriptor(adapter)));
  const device = await opening.result;
  const [pump] = opening.callbacks;
  return { gpu, device, info, ...(pump && { waitForMapping: pumping(pump) }) };
}

/** Node's binding of Dawn, where the package that holds it is installed. */
async function dawn(): Promise<HostGpu | undefined> {
  const name: string = 'webgpu';
  let binding: { create(options: string[]): HostGpu; readonly globals: Record<string, unknown> };
  try {
    binding = await import(name);
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
  // tfjs looks for the constants and classes of WebGPU among the globals.
  for (const [key, value] of Object.entries(binding.globals)) {
    if (!(key in globalThis)) Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
  }
  return binding.create([]);
}

/** As much of everything as the adapter has: the defaults allow buffers of 128 MiB only. */
function descriptor({ features, limits }: GpuAdapter): object {
  return {
    requiredFeatures: ['timestamp-query'].filter((feature) => features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, limits[limit]])),
  };
}

const LIMITS = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
] as const;

type Callback = () => void;

/** Runs `start` and notes what it hands to `setImmediate`. */
function watchImmediates<Result>(start: () => Result): { result: Result; callbacks: Callback[] } {
  const callbacks: Callback[] = [];
  const original = globalThis.setImmediate;
  const watching = (callback: Callback, ...args: []): unknown => {
    callbacks.push(callback);
    return original?.(callback, ...args);
  };
  globalThis.setImmediate = watching as typeof globalThis.setImmediate;
  try {
    return { result: start(), callbacks };
  } finally {
    globalThis.setImmediate = original;
  }
}

/** So often a mapping is asked after without a pause: what is nearly done is met at once. */
const EAGER_ASKS = 200;
const PAUSE_MILLISECONDS = 0.05;

/**
 * Dawn's binding settles whatever is under way in a callback that it gives to `setImmediate`, which the event loop calls
 * too late for who wants to wait: so we call it.
 */
function pumping(pump: Callback): (buffer: GpuBuffer) => void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  return (buffer) => {
    for (let asks = 0; buffer.mapState === 'pending'; asks++) {
      pump();
      // A software adapter needs the processor that asking without end would take from it.
      if (asks > EAGER_ASKS) Atomics.wait(clock, 0, 0, PAUSE_MILLISECONDS);
    }
  };
}
