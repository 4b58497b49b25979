import type { FilterGeometry } from './filter-gradient.ts';
import { type Tensor, tf } from './tensor.ts';
import { type ProgramRunner, WEBGPU_BACKEND, type WebGpuProgram } from './webgpu-program.ts';

/** Name of the kernel among tfjs's. */
const KERNEL = 'SslSceneFilterGradient';

/** Rows of the gradient that a workgroup computes, and places that it holds at a time. */
const ROWS = 64;
const DEPTH = 16;
/** Each thread computes a square of so many rows and columns, so that a value read serves as many products. */
const SIDE = 4;
/** Enough workgroups to fill a large GPU. */
const WORKGROUPS = 1024;
/** Fewest places that are worth a workgroup of their own. */
const FEWEST_PLACES = 256;

/**
 * The gradient of a convolution's filter on WebGPU: the product of what every tap saw at every place, transposed, with the
 * output's gradient, where the first matrix is never written down.
 *
 * tfjs has one thread sum over all places of the batch, and a convolution with batch and channels exchanged has hardly more;
 * here the places are split among workgroups whose partial sums are then added in a fixed order, so that a run can be
 * repeated bit by bit.
 *
 * @param x images (N, H, W, C). @param dy gradient of the output (N, H', W', O).
 * @param filter its shape (height, width, C, O).
 */
export function filterGradientOnWebGpu(
  x: Tensor,
  dy: Tensor,
  filter: readonly number[],
  { strides, padding }: FilterGeometry,
): Tensor {
  const attributes = { filter, strides, padding };
  const parts = tf.engine().runKernel(KERNEL, { x, dy }, attributes as unknown as tf.NamedAttrMap) as Tensor;
  return tf.reshape(tf.sum(parts, -1), [...filter]);
}

/** Makes the kernel known to tfjs, once per process. */
export function registerFilterGradient(): void {
  if (tf.getKernel(KERNEL, WEBGPU_BACKEND)) return;
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: WEBGPU_BACKEND,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
      const { filter, strides, padding } = attrs as unknown as FilterGeometry & { filter: readonly number[] };
      const split = splitOf(dy.shape, filter);
      return (backend as unknown as ProgramRunner).runWebGPUProgram(programFor(filter, split), [x, dy], 'float32', [
        { type: 'int32', data: [filter[0]!, filter[1]!] },
        { type: 'int32', data: strides },
        { type: 'int32', data: [padding[0], padding[2]] },
        { type: 'int32', data: [split.places] },
      ]);
    },
  });
}

/** How the work is divided. */
interface Split {
  /** Places of each part, a multiple of {@link DEPTH}. */
  readonly places: number;
  readonly parts: number;
}

function splitOf(dy: readonly number[], filter: readonly number[]): Split {
  const places = dy[0]! * dy[1]! * dy[2]!;
  const [rows, columns] = matrixOf(filter);
  const tiles = Math.ceil(rows / ROWS) * Math.ceil(columns / columnsOf(filter));
  const wanted = Math.max(1, Math.min(Math.ceil(WORKGROUPS / tiles), Math.ceil(places / FEWEST_PLACES)));
  const each = Math.ceil(places / wanted / DEPTH) * DEPTH;
  return { places: each, parts: Math.ceil(places / each) };
}

/** The gradient as a matrix: taps and input channels down, output channels across. */
const matrixOf = (filter: readonly number[]): [number, number] => [filter[0]! * filter[1]! * filter[2]!, filter[3]!];

/** Columns of the gradient that a workgroup computes: narrow layers would leave most threads of a wide one idle. */
function columnsOf(filter: readonly number[]): 16 | 32 | 64 {
  const outputs = filter[3]!;
  if (outputs <= 16) return 16;
  return outputs <= 32 ? 32 : 64;
}

function programFor(filter: readonly number[], { parts }: Split): WebGpuProgram {
  const [rows, columns] = matrixOf(filter);
  const width = columnsOf(filter);
  const threads = (ROWS / SIDE) * (width / SIDE);
  return {
    variableNames: ['x', 'dy'],
    outputShape: [rows, columns, parts],
    uniforms: 'kernel : vec2<i32>, strides : vec2<i32>, before : vec2<i32>, places : i32,',
    shaderKey: `sslSceneFilterGradient_${width}`,
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: [1], y: [0], z: [2] },
    dispatch: [Math.ceil(columns / width), Math.ceil(rows / ROWS), parts],
    getUserCode: () => shader(width, threads),
  };
}

const shader = (width: number, threads: number): string => `
  // [place of the current slab][row or column of this workgroup's tile]
  var<workgroup> seen : array<array<f32, ${ROWS}>, ${DEPTH}>;
  var<workgroup> arriving : array<array<f32, ${width}>, ${DEPTH}>;

  // Image, row and column of the output's place with this number.
  fn placeOf(number : i32) -> vec3<i32> {
    let column = number % uniforms.dyShape.z;
    let rest = number / uniforms.dyShape.z;
    return vec3<i32>(rest / uniforms.dyShape.y, rest % uniforms.dyShape.y, column);
  }

  // What a tap of the filter saw in a channel from a place; zero in the padding.
  fn seenFrom(place : vec3<i32>, tap : vec2<i32>, channel : i32) -> f32 {
    let at = place.yz * uniforms.strides + tap - uniforms.before;
    if (any(at < vec2<i32>(0)) || any(at >= uniforms.xShape.yz)) { return 0.0; }
    return x[((place.x * uniforms.xShape.y + at.x) * uniforms.xShape.z + at.y) * uniforms.xShape.w + channel];
  }

  fn main() {
    let thread = i32(localIndex);
    let firstRow = i32(workgroupId.y) * ${ROWS};
    let firstColumn = i32(workgroupId.x) * ${width};
    let part = i32(workgroupId.z);
    let allPlaces = uniforms.dyShape.x * uniforms.dyShape.y * uniforms.dyShape.z;
    let begin = part * uniforms.places;
    let end = min(begin + uniforms.places, allPlaces);

    // The row that this thread fetches, always the same one.
    let row = firstRow + thread % ${ROWS};
    let channel = row % uniforms.xShape.w;
    let tapNumber = row / uniforms.xShape.w;
    let tap = vec2<i32>(tapNumber / uniforms.kernel.y, tapNumber % uniforms.kernel.y);
    let column = firstColumn + thread % ${width};

    // The rows and columns that it computes lie apart, so that neighbours read neighbouring values.
    let ownRow = thread / ${width / SIDE};
    let ownColumn = thread % ${width / SIDE};
    var sums : array<array<f32, ${SIDE}>, ${SIDE}>;

    for (var slab = 0; slab < uniforms.places; slab += ${DEPTH}) {
      for (var depth = thread / ${ROWS}; depth < ${DEPTH}; depth += ${threads / ROWS}) {
        let number = begin + slab + depth;
        var value = 0.0;
        if (row < uniforms.outShape.x && number < end) { value = seenFrom(placeOf(number), tap, channel); }
        seen[depth][thread % ${ROWS}] = value;
      }
      for (var depth = thread / ${width}; depth < ${DEPTH}; depth += ${threads / width}) {
        let number = begin + slab + depth;
        var value = 0.0;
        if (column < uniforms.outShape.y && number < end) { value = dy[number * uniforms.outShape.y + column]; }
        arriving[depth][thread % ${width}] = value;
      }
      workgroupBarrier();
      for (var depth = 0; depth < ${DEPTH}; depth++) {
        for (var i = 0; i < ${SIDE}; i++) {
          let left = seen[depth][ownRow + i * ${ROWS / SIDE}];
          for (var j = 0; j < ${SIDE}; j++) {
            sums[i][j] += left * arriving[depth][ownColumn + j * ${width / SIDE}];
          }
        }
      }
      workgroupBarrier();
    }

    for (var i = 0; i < ${SIDE}; i++) {
      for (var j = 0; j < ${SIDE}; j++) {
        let resultRow = firstRow + ownRow + i * ${ROWS / SIDE};
        let resultColumn = firstColumn + ownColumn + j * ${width / SIDE};
        if (resultRow < uniforms.outShape.x && resultColumn < uniforms.outShape.y) {
          result[(resultRow * uniforms.outShape.y + resultColumn) * uniforms.outShape.z + part] = sums[i][j];
        }
      }
    }
  }
`;
