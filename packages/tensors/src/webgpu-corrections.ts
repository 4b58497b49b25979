import { tf } from './tensor.ts';
import { WEBGPU_BACKEND } from './webgpu-program.ts';

type Call = Parameters<tf.KernelFunc>[0];
type Correct = (kernel: tf.KernelFunc, call: Call) => ReturnType<tf.KernelFunc>;

/** Kernels of tfjs that need help on WebGPU, each with what helps it. */
const CORRECTIONS: Readonly<Record<string, Correct>> = {
  BatchMatMul: productInFixedOrder,
  _FusedMatMul: productInFixedOrder,
  AddN: sumOfFewAtATime,
};

const corrected = new WeakSet<tf.KernelConfig>();

/** Puts the corrected kernels in the place of tfjs's own, once per process. */
export function registerCorrections(): void {
  for (const [kernelName, correct] of Object.entries(CORRECTIONS)) {
    const original = tf.getKernel(kernelName, WEBGPU_BACKEND);
    if (corrected.has(original)) continue;
    const kernel: tf.KernelConfig = { ...original, kernelFunc: (call) => correct(original.kernelFunc, call) };
    corrected.add(kernel);
    tf.unregisterKernel(kernelName, WEBGPU_BACKEND);
    tf.registerKernel(kernel);
  }
}

/** tfjs's setting for its ways to a product: its own choice, and the one whose tiles are small. */
const WAY = 'WEBGPU_MATMUL_PROGRAM_TYPE';
const OWN_CHOICE = -1;
const SMALL_TILES = 2;

/** Where tfjs may choose atomic additions: sums of at least so many terms, results of at most so many tiles. */
const MANY_TERMS = 2000;
const TILE = 32;
const FEW_TILES = 32;

/**
 * Products of long and narrow matrices tfjs computes by atomic additions, whose order, and so whose last bits, differ from
 * run to run: such a run could be neither repeated nor resumed exactly.
 */
function productInFixedOrder(kernel: tf.KernelFunc, call: Call): ReturnType<tf.KernelFunc> {
  if (!mayRace(call) || tf.env().getNumber(WAY) !== OWN_CHOICE) return kernel(call);
  tf.env().set(WAY, SMALL_TILES);
  try {
    return kernel(call);
  } finally {
    tf.env().set(WAY, OWN_CHOICE);
  }
}

function mayRace({ inputs, attrs }: Call): boolean {
  const [a, b] = [(inputs.a as tf.TensorInfo).shape, (inputs.b as tf.TensorInfo).shape];
  const [rows, terms] = attrs?.transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const columns = attrs?.transposeB ? b.at(-2)! : b.at(-1)!;
  return terms >= MANY_TERMS && Math.ceil(rows / TILE) * Math.ceil(columns / TILE) <= FEW_TILES;
}

/** Every GPU lets a shader see at least 8 buffers, one of which is the result. */
const MOST_TERMS = 7;

/** tfjs hands all terms of `addN` to one shader, which GPUs refuse where they are many, and goes on with zeros. */
function sumOfFewAtATime(kernel: tf.KernelFunc, call: Call): ReturnType<tf.KernelFunc> {
  const terms = call.inputs as unknown as tf.TensorInfo[];
  if (terms.length <= MOST_TERMS) return kernel(call);
  const sum = (some: tf.TensorInfo[]): tf.TensorInfo =>
    sumOfFewAtATime(kernel, { ...call, inputs: some as unknown as Call['inputs'] }) as tf.TensorInfo;
  const groups = Array.from({ length: Math.ceil(terms.length / MOST_TERMS) }, (_, group) =>
    sum(terms.slice(group * MOST_TERMS, (group + 1) * MOST_TERMS)),
  );
  const total = sum(groups);
  for (const { dataId } of groups) (call.backend as tf.KernelBackend).disposeData(dataId);
  return total;
}
