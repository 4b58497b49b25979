import { type Tensor, tf } from './tensor.ts';

/** What one TensorFlow operation gives back: a handle, its shape and the number of its type. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** An attribute of a TensorFlow operation as the binding takes it; `type` is one of its `TF_ATTR_*` numbers. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

type Values = Float32Array | Int32Array | Uint8Array;

/** The functions of the compiled binding that this package uses. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: Values | ArrayLike<number>): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Values;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): TensorMetadata[];
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
}

/** The parts of tfjs-node's backend that this package uses. Every operation of it ends in `binding`. */
export interface NativeBackend {
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: Tensor[], outputs: number): Tensor[];
}

/** Name under which tfjs-node registers itself. */
export const NATIVE_BACKEND = 'tensorflow';

/** The native backend, if it is the current one. */
export function nativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === NATIVE_BACKEND ? (tf.backend() as unknown as NativeBackend) : undefined;
}

type AttributeValue = number | boolean | string | readonly number[] | { readonly type: 'float32' | 'int32' };

/**
 * Attributes of an operation by name. Integers become integers, `{ float: x }` a float, `{ type: … }` a type: the kind
 * cannot be told from the value alone.
 */
export function attributes(
  { binding }: NativeBackend,
  values: Readonly<Record<string, AttributeValue | { readonly float: number }>>,
): OpAttribute[] {
  return Object.entries(values).map(([name, value]) => {
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
    if (typeof value === 'string') return { name, type: binding.TF_ATTR_STRING, value };
    if (typeof value === 'number' || Array.isArray(value)) return { name, type: binding.TF_ATTR_INT, value };
    if ('float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
    const { type } = value as { readonly type: 'float32' | 'int32' };
    return { name, type: binding.TF_ATTR_TYPE, value: type === 'float32' ? binding.TF_FLOAT : binding.TF_INT32 };
  });
}
