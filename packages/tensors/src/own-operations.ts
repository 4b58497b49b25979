import { attributes, type NativeBackend } from './native-backend.ts';
import { tf } from './tensor.ts';

// What `@ssl-scene/native` compiles into the binding; see its folder `kernels`.

/**
 * Batch norm in training: x, scale, offset and, where `sides` is 1, what is added → y; mean and variance, averaged over the groups;
 * mean and inverse deviation of each of `groups`. Rectified at the end where `relu` is set.
 */
export const OWN_BATCH_NORM = 'SslSceneBatchNorm';

/**
 * Its gradient: dy, x, scale, offset, mean and inverse deviation of each group → those of x, scale and offset. With `relu` that of the ReLU as well,
 * where nothing was added.
 */
export const OWN_BATCH_NORM_GRADIENT = 'SslSceneBatchNormGrad';

/** Operations in bfloat16 in place of TensorFlow's, whose inputs must have one shape. */
export const OWN_IN_BFLOAT16: Readonly<Record<string, string>> = {
  Relu: 'SslSceneRelu',
  ReluGrad: 'SslSceneReluGrad',
  Add: 'SslSceneAdd',
  AddV2: 'SslSceneAdd',
};

const bindings = new WeakMap<object, boolean>();

/** Whether the binding holds them: one that another install script made does not, and on a GPU TensorFlow's own are taken. */
export function hasOwnOperations(native: NativeBackend): boolean {
  const known = bindings.get(native);
  if (known !== undefined) return known;
  const has = !native.isUsingGpuDevice && tf.tidy(() => runs(native));
  bindings.set(native, has);
  return has;
}

function runs(native: NativeBackend): boolean {
  const options = attributes(native, {
    T: { type: 'float32' },
    epsilon: { float: 1 },
    relu: false,
    sides: 0,
    groups: 1,
  });
  try {
    native.executeMultipleOutputs(OWN_BATCH_NORM, options, [tf.ones([2, 1]), tf.ones([1]), tf.zeros([1])], 5);
    return true;
  } catch {
    return false;
  }
}
