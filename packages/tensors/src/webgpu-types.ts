/** The parts of WebGPU that this package touches itself; the rest is tfjs's business. */
export interface HostGpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: object): Promise<GpuDevice>;
}

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it computes on the processor. */
  readonly isFallbackAdapter?: boolean;
}

export interface GpuDevice {
  /** Resolves when the device is gone, with why. */
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(
    event: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string }; preventDefault?(): void }) => void,
  ): void;
}

export interface GpuBuffer {
  readonly size: number;
  readonly mapState: 'unmapped' | 'pending' | 'mapped';
  mapAsync(mode: number): Promise<undefined>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}
