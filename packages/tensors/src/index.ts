export { gelu, relu } from './activation.ts';
export {
  BACKEND_VARIABLE,
  BACKENDS,
  type BackendName,
  type BackendOptions,
  type BackendReport,
  currentBackend,
  useBackend,
} from './backend.ts';
export { type BatchNormOutput, batchNormEval, batchNormTrain } from './batch-norm.ts';
export { type ConvolutionOptions, conv2d } from './convolution.ts';
export { type ValueAndGrad, valueAndGrad } from './gradient.ts';
export { type JitOptions, type Jitted, jit } from './jit.ts';
export { linear } from './linear.ts';
export { l2Normalize } from './normalise.ts';
export { type AveragePoolingOptions, avgPool2d, globalAvgPool, maxPool2d, type PoolingOptions } from './pooling.ts';
export { type ProbeResult, probeKernels } from './probe.ts';
export { resizeBilinear } from './resize.ts';
export { logSoftmax, logSumExp, softmax } from './softmax.ts';
export type { Padding } from './spatial.ts';
export { type Tensor, type TensorDict, tf } from './tensor.ts';
export {
  disposeTree,
  type FlatTree,
  flattenTree,
  keepTree,
  mapTree,
  replaceTensors,
  type Static,
  type Tree,
  treeBytes,
} from './tree.ts';
export { untaped } from './untaped.ts';
