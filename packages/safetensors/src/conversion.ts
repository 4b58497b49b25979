import { SceneError } from '@ssl-scene/errors';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-precision.ts';
import { elementCount, type StoredTensor } from './stored-tensor.ts';

/** The floating-point types that {@link fromFloat32} writes. */
export type FloatDType = 'F16' | 'BF16' | 'F32' | 'F64';

/**
 * The values as float32: exact for F16, BF16, F32 and integers up to 2^24, rounded to the nearest otherwise. For an F32
 * tensor this is the tensor's own array, not a copy.
 */
export function toFloat32(tensor: StoredTensor): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return tensor.data;
    case 'F16':
      return float16ToFloat32(tensor.data);
    case 'BF16':
      return bfloat16ToFloat32(tensor.data);
    case 'I64':
    case 'U64':
      return Float32Array.from(tensor.data, Number);
    default:
      return Float32Array.from(tensor.data);
  }
}

/**
 * A tensor of the given type from float32 values, rounded to the nearest, ties to even.
 *
 * @param dtype default F32, which keeps `values` itself.
 * @throws SceneError where the shape does not have as many elements as there are values.
 */
export function fromFloat32(values: Float32Array, shape: readonly number[], dtype: FloatDType = 'F32'): StoredTensor {
  if (elementCount(shape) !== values.length) {
    throw new SceneError({
      code: 'SAFETENSORS_SHAPE',
      expected: `a shape of ${values.length} elements`,
      found: `[${shape.join(', ')}]`,
      where: 'fromFloat32',
      fix: 'Give the shape that belongs to the values.',
    });
  }
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: values };
    case 'F16':
      return { dtype, shape, data: float32ToFloat16(values) };
    case 'BF16':
      return { dtype, shape, data: float32ToBfloat16(values) };
    case 'F64':
      return { dtype, shape, data: Float64Array.from(values) };
  }
}
