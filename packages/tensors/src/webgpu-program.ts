import { tf } from './tensor.ts';

/** A compute shader in the form that tfjs's WebGPU backend runs. */
export interface WebGpuProgram {
  /** Names of the inputs; the shader sees each as an array of its name, its shape as `uniforms.<name>Shape`. */
  readonly variableNames: readonly string[];
  /** Shape of the result, which the shader sees as the array `result` and as `uniforms.outShape`. */
  readonly outputShape: readonly number[];
  /** Fields of `uniforms` beyond the shapes: `name : type,` for each. */
  readonly uniforms: string;
  /** The same key for two programs means the same shader. */
  readonly shaderKey: string;
  readonly workgroupSize: readonly [number, number, number];
  /** Which axes of the result each axis of the grid of workgroups runs over. */
  readonly dispatchLayout: {
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly z: readonly number[];
  };
  /** Number of workgroups along each axis of the grid. */
  readonly dispatch: readonly [number, number, number];
  /** WGSL with a function `main`. */
  getUserCode(): string;
}

/** A field of `uniforms`. */
export interface Uniform {
  readonly type: 'int32' | 'float32';
  readonly data: readonly number[];
}

/** The part of tfjs's backend that runs programs. */
export interface ProgramRunner {
  runWebGPUProgram(
    program: WebGpuProgram,
    inputs: readonly tf.TensorInfo[],
    dtype: 'float32',
    uniforms: readonly Uniform[],
  ): tf.TensorInfo;
}

/** Name under which tfjs knows its WebGPU kernels. */
export const WEBGPU_BACKEND = 'webgpu';

/** Whether tensors live on the GPU through WebGPU. */
export const onWebGpu = (): boolean => tf.getBackend() === WEBGPU_BACKEND;
