import { DataType } from './graph.ts';
import { OWN_BATCH_NORM, OWN_BATCH_NORM_GRADIENT } from './own-operations.ts';

/** What is known of a tensor while a graph is recorded. */
export interface TensorMeta {
  readonly shape: readonly number[];
  /** TensorFlow's number of the type. */
  readonly dtype: number;
}

/** One operation as seen by a rule. */
export interface OperationView {
  readonly inputs: readonly TensorMeta[];
  attribute(name: string): unknown;
  /** Elements of input `index`, which must be an int32 constant; undefined where it is none. */
  constant(index: number): readonly number[] | undefined;
}

type Rule = (operation: OperationView) => TensorMeta[] | undefined;

/**
 * Shapes and types of an operation's outputs, for the operations that training steps are made of. Where a rule is absent
 * or cannot tell, the recorder finds out by running the operation once on zeros, which costs time and memory.
 */
export function inferOutputs(op: string, operation: OperationView): TensorMeta[] | undefined {
  return RULES.get(op)?.(operation);
}

const sameAsFirst: Rule = ({ inputs }) => [inputs[0]!];

const broadcast: Rule = ({ inputs }) => [{ shape: broadcastShape(inputs), dtype: inputs[0]!.dtype }];

const comparison: Rule = ({ inputs }) => [{ shape: broadcastShape(inputs), dtype: DataType.BOOL }];

function broadcastShape(inputs: readonly TensorMeta[]): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs.map(({ shape }) => shape[shape.length - rank + axis] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

const reduction: Rule = ({ inputs, attribute, constant }) => {
  const axes = constant(1);
  if (!axes) return undefined;
  const { shape, dtype } = inputs[0]!;
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  const kept = attribute('keep_dims') === true;
  const result = shape.flatMap((size, axis) => (reduced.has(axis) ? (kept ? [1] : []) : [size]));
  return [{ shape: result, dtype }];
};

const matrixProduct: Rule = ({ inputs, attribute }) => {
  const [a, b] = inputs as [TensorMeta, TensorMeta];
  const turnedA = attribute('transpose_a') === true || attribute('adj_x') === true;
  const turnedB = attribute('transpose_b') === true || attribute('adj_y') === true;
  const rows = a.shape.at(turnedA ? -1 : -2)!;
  const columns = b.shape.at(turnedB ? -2 : -1)!;
  const batch = broadcastShape([
    { ...a, shape: a.shape.slice(0, -2) },
    { ...b, shape: b.shape.slice(0, -2) },
  ]);
  return [{ shape: [...batch, rows, columns], dtype: a.dtype }];
};

/** Convolutions and pooling: the window slides over height and width. */
const windowed =
  (kernelOf: (operation: OperationView) => readonly number[], channelsOf: (operation: OperationView) => number): Rule =>
  (operation) => {
    const { inputs, attribute } = operation;
    const [x] = inputs as [TensorMeta];
    const padding = attribute('padding');
    if (padding === 'SAME') return undefined;
    const strides = attribute('strides') as number[];
    const dilations = (attribute('dilations') as number[] | undefined) ?? [1, 1, 1, 1];
    const explicit = padding === 'EXPLICIT' ? (attribute('explicit_paddings') as number[]) : new Array(8).fill(0);
    const kernel = kernelOf(operation);
    const along = (axis: 1 | 2): number => {
      const reach = (kernel[axis - 1]! - 1) * dilations[axis]! + 1;
      return Math.floor((x.shape[axis]! + explicit[2 * axis] + explicit[2 * axis + 1] - reach) / strides[axis]!) + 1;
    };
    return [{ shape: [x.shape[0]!, along(1), along(2), channelsOf(operation)], dtype: x.dtype }];
  };

const filterKernel = ({ inputs }: OperationView): readonly number[] => inputs[1]!.shape;
const poolKernel = ({ attribute }: OperationView): readonly number[] => (attribute('ksize') as number[]).slice(1, 3);

/** The shape stands in a constant input, the type is that of another input. */
const shapeFrom =
  (shapeInput: number, typeInput: number): Rule =>
  ({ inputs, constant }) => {
    const shape = constant(shapeInput);
    return shape && [{ shape, dtype: inputs[typeInput]!.dtype }];
  };

const reshape: Rule = ({ inputs, constant }) => {
  const wanted = constant(1);
  if (!wanted) return undefined;
  const { shape, dtype } = inputs[0]!;
  const total = product(shape);
  const known = product(wanted.filter((size) => size !== -1));
  return [{ shape: wanted.map((size) => (size === -1 ? total / known : size)), dtype }];
};

const transpose: Rule = ({ inputs, constant }) => {
  const order = constant(1);
  return order && [{ shape: order.map((axis) => inputs[0]!.shape[axis]!), dtype: inputs[0]!.dtype }];
};

const tile: Rule = ({ inputs, constant }) => {
  const multiples = constant(1);
  const { shape, dtype } = inputs[0]!;
  return multiples && [{ shape: shape.map((size, axis) => size * multiples[axis]!), dtype }];
};

const slice: Rule = ({ inputs, constant }) => {
  const [begin, size] = [constant(1), constant(2)];
  const { shape, dtype } = inputs[0]!;
  if (!begin || !size) return undefined;
  return [{ shape: size.map((length, axis) => (length === -1 ? shape[axis]! - begin[axis]! : length)), dtype }];
};

const pad: Rule = ({ inputs, constant }) => {
  const amounts = constant(1);
  const { shape, dtype } = inputs[0]!;
  return amounts && [{ shape: shape.map((size, axis) => size + amounts[2 * axis]! + amounts[2 * axis + 1]!), dtype }];
};

const concatenate: Rule = ({ inputs, constant }) => {
  const parts = inputs.slice(0, -1);
  const stated = constant(inputs.length - 1)?.[0];
  if (stated === undefined) return undefined;
  const { shape, dtype } = parts[0]!;
  const axis = stated < 0 ? stated + shape.length : stated;
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return [{ shape: shape.map((size, position) => (position === axis ? length : size)), dtype }];
};

const batchNorm: Rule = ({ inputs }) => {
  const channels = { shape: [inputs[0]!.shape[3]!], dtype: DataType.FLOAT };
  return [inputs[0]!, channels, channels, channels, channels, channels];
};

const ownBatchNorm: Rule = ({ inputs, attribute }) => {
  const [x, scale] = inputs as [TensorMeta, TensorMeta];
  const ofGroups = { shape: [(attribute('groups') as number) * scale.shape[0]!], dtype: DataType.FLOAT };
  return [x, scale, scale, ofGroups, ofGroups];
};

const ownBatchNormGradient: Rule = ({ inputs }) => [inputs[1]!, inputs[2]!, inputs[2]!];

const batchNormGradient: Rule = ({ inputs }) => {
  const channels = { shape: [inputs[0]!.shape[3]!], dtype: DataType.FLOAT };
  const empty = { shape: [0], dtype: DataType.FLOAT };
  return [inputs[0]!, channels, channels, empty, empty];
};

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

const ELEMENTWISE =
  'Abs Ceil Cos Erf Exp Expm1 Floor Identity Log Log1p Neg Reciprocal Relu Relu6 Round Rsqrt Sigmoid Sign Sin Softmax LogSoftmax Softplus Sqrt Square Tanh ZerosLike OnesLike ReluGrad MaxPoolGrad';
const BROADCASTING =
  'Add AddV2 Sub Mul Div RealDiv DivNoNan FloorDiv Maximum Minimum Mod FloorMod Pow SquaredDifference';
const COMPARING = 'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr';
const REDUCING = 'Sum Mean Max Min Prod All Any';

const named = (names: string, rule: Rule): [string, Rule][] => names.split(' ').map((name) => [name, rule]);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...named(ELEMENTWISE, sameAsFirst),
  ...named(BROADCASTING, broadcast),
  ...named(COMPARING, comparison),
  ...named(REDUCING, reduction),
  ...named('MatMul BatchMatMul BatchMatMulV2', matrixProduct),
  ['AddN', sameAsFirst],
  ['Cast', ({ inputs, attribute }) => [{ shape: inputs[0]!.shape, dtype: attribute('DstT') as number }]],
  ['Fill', shapeFrom(0, 1)],
  ['Conv2DBackpropInput', shapeFrom(0, 2)],
  ['Conv2DBackpropFilter', shapeFrom(1, 0)],
  ['DepthwiseConv2dNativeBackpropInput', shapeFrom(0, 2)],
  ['DepthwiseConv2dNativeBackpropFilter', shapeFrom(1, 0)],
  ['Conv2D', windowed(filterKernel, ({ inputs }) => inputs[1]!.shape[3]!)],
  ['DepthwiseConv2dNative', windowed(filterKernel, ({ inputs }) => inputs[1]!.shape[2]! * inputs[1]!.shape[3]!)],
  ['MaxPool', windowed(poolKernel, ({ inputs }) => inputs[0]!.shape[3]!)],
  ['FusedBatchNormV3', batchNorm],
  ['FusedBatchNormGradV3', batchNormGradient],
  [OWN_BATCH_NORM, ownBatchNorm],
  [OWN_BATCH_NORM_GRADIENT, ownBatchNormGradient],
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Tile', tile],
  ['Slice', slice],
  ['Pad', pad],
  ['PadV2', pad],
  ['ConcatV2', concatenate],
]);
