export { type FloatDType, fromFloat32, toFloat32 } from './conversion.ts';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-precision.ts';
export { MAXIMUM_HEADER_BYTES, type TensorInfo } from './header.ts';
export { openSafetensors, parseSafetensors, type SafetensorsReader } from './reader.ts';
export type { ArrayOfDType, DType, StoredTensor } from './stored-tensor.ts';
export {
  encodeSafetensors,
  type StoredTensors,
  safetensorsChunks,
  type WriteOptions,
  writeSafetensors,
} from './writer.ts';
