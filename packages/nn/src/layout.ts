import { SceneError } from '@ssl-scene/errors';
import { type FloatDType, fromFloat32, type StoredTensor, toFloat32 } from '@ssl-scene/safetensors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import type { ParameterKind } from './module.ts';

/** How a tensor's axes lie in files, as axes in memory, and the way back. */
interface Layout {
  readonly toFile: readonly number[];
  readonly toMemory: readonly number[];
}

/** Filters are (out, in, height, width) in files and (height, width, in, out) in memory; weights (out, in) and (in, out). */
const LAYOUTS: { readonly [K in ParameterKind]?: Layout } = {
  'conv-weight': { toFile: [3, 2, 0, 1], toMemory: [2, 3, 1, 0] },
  'linear-weight': { toFile: [1, 0], toMemory: [1, 0] },
};

/** The shape in a file of a tensor that has `shape` in memory. */
export function shapeInFile(shape: readonly number[], kind?: ParameterKind): number[] {
  const layout = kind && LAYOUTS[kind];
  return layout?.toFile.length === shape.length ? layout.toFile.map((axis) => shape[axis]!) : [...shape];
}

/**
 * A tensor as PyTorch would save it.
 *
 * @param kind decides the layout; a tensor of another rank than the kind's, or without kind, keeps its own.
 * @param dtype of float32 tensors; int32 is always stored as I64.
 */
export async function encodeTensor(
  tensor: Tensor,
  kind: ParameterKind | undefined,
  dtype: FloatDType = 'F32',
): Promise<StoredTensor> {
  const layout = kind && LAYOUTS[kind];
  const moved = layout?.toFile.length === tensor.rank ? tf.transpose(tensor, [...layout.toFile]) : tensor;
  const values = await moved.data();
  if (moved !== tensor) moved.dispose();
  // What a backend hands out may be its own memory, which the next operation could use again.
  if (tensor.dtype === 'float32') return fromFloat32(Float32Array.from(values), moved.shape, dtype);
  if (tensor.dtype === 'int32') {
    return { dtype: 'I64', shape: moved.shape, data: BigInt64Array.from(values as Int32Array, BigInt) };
  }
  throw new SceneError({
    code: 'TENSOR_TYPE',
    expected: 'a float32 or int32 tensor',
    found: tensor.dtype,
    where: 'encodeTensor',
    fix: 'Cast the tensor first.',
  });
}

/** The tensor that {@link encodeTensor} or PyTorch stored, in the layout of memory. */
export function decodeTensor(
  stored: StoredTensor,
  kind: ParameterKind | undefined,
  dtype: 'float32' | 'int32' = 'float32',
): Tensor {
  const values = dtype === 'int32' ? Int32Array.from(stored.data, Number) : toFloat32(stored);
  const tensor = tf.tensor(values, [...stored.shape], dtype);
  const layout = kind && LAYOUTS[kind];
  if (layout?.toMemory.length !== tensor.rank) return tensor;
  const moved = tf.transpose(tensor, [...layout.toMemory]);
  tensor.dispose();
  return moved;
}
