import { DataType, type GraphNode, type NodeAttribute, type Output, outputName } from './graph.ts';
import { OWN_BATCH_NORM, OWN_BATCH_NORM_GRADIENT, OWN_IN_BFLOAT16 } from './own-operations.ts';

/** Which inputs of an operation are computed in bfloat16, beside its first output; the others stay as they are. */
interface Rule {
  /** Numbers of the inputs, given how many there are. */
  readonly inputs: (count: number) => readonly number[];
  /** Inputs that must be part of a bfloat16 stretch for the operation to continue it; none: it starts one. */
  readonly follows: (count: number) => readonly number[];
}

const starting = (...inputs: number[]): Rule => ({ inputs: () => inputs, follows: () => [] });
const following = (...inputs: number[]): Rule => ({ inputs: () => inputs, follows: () => inputs });
const allButLast = (count: number): readonly number[] => Array.from({ length: count - 1 }, (_, index) => index);

// Convolutions and what lies between them. Statistics of batch norm, losses, optimiser and master weights stay float32.
const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: starting(0, 1),
  Conv2DBackpropInput: starting(1, 2),
  Conv2DBackpropFilter: starting(0, 2),
  FusedBatchNormV3: starting(0),
  FusedBatchNormGradV3: starting(0, 1),
  // Beyond the third input is what is added, where there is something.
  [OWN_BATCH_NORM]: { inputs: (count) => (count > 3 ? [0, 3] : [0]), follows: () => [] },
  [OWN_BATCH_NORM_GRADIENT]: starting(0, 1),
  Relu: following(0),
  ReluGrad: following(0, 1),
  Add: following(0, 1),
  AddV2: following(0, 1),
  MaxPool: following(0),
  MaxPoolGrad: following(0, 1, 2),
  Reshape: following(0),
  MatMul: following(0, 1),
  // Padding's third input is the value that it pads with.
  PadV2: { inputs: () => [0, 2], follows: () => [0] },
  Slice: following(0),
  StridedSlice: following(0),
  ConcatV2: { inputs: allButLast, follows: allButLast },
};

export interface Bfloat16Options {
  /** Shape of an output of the graph. */
  readonly shapeOf: (output: Output) => readonly number[] | undefined;
  /** Whether the binding has operations of our own. */
  readonly own: boolean;
}

/**
 * The same computation with the network's activations and convolutions in bfloat16: casts are put where a float32
 * value enters such a stretch and where one leaves it. Every other operation, and every output, stays float32.
 */
export function toBfloat16(
  { nodes, outputs }: { readonly nodes: readonly GraphNode[]; readonly outputs: readonly Output[] },
  { shapeOf, own }: Bfloat16Options,
): { nodes: GraphNode[]; outputs: Output[] } {
  const rewritten: GraphNode[] = [];
  /** Outputs of the original graph that exist in bfloat16 only. */
  const narrow = new Set<string>();
  const narrowed = new Map<string, Output>();
  const widened = new Map<string, Output>();

  const convert = (input: Output, from: number, to: number, label: string): Output => {
    const name = `${label}_${narrowed.size + widened.size}`;
    rewritten.push({
      name,
      op: 'Cast',
      inputs: [input],
      attributes: { SrcT: { kind: 'type', value: from }, DstT: { kind: 'type', value: to } },
    });
    return { node: name, index: 0 };
  };
  const memo = (cache: Map<string, Output>, input: Output, make: () => Output): Output => {
    const key = outputName(input);
    const known = cache.get(key) ?? make();
    cache.set(key, known);
    return known;
  };
  const toNarrow = (input: Output): Output =>
    narrow.has(outputName(input))
      ? input
      : memo(narrowed, input, () => convert(input, DataType.FLOAT, DataType.BFLOAT16, 'to_bfloat16'));
  const toWide = (input: Output): Output =>
    narrow.has(outputName(input))
      ? memo(widened, input, () => convert(input, DataType.BFLOAT16, DataType.FLOAT, 'to_float32'))
      : input;

  for (const node of nodes) {
    const rule = RULES[node.op];
    const count = node.inputs.length;
    if (!rule || !isFloat(node) || !rule.follows(count).every((index) => narrow.has(outputName(node.inputs[index]!)))) {
      rewritten.push({ ...node, inputs: node.inputs.map(toWide) });
      continue;
    }
    const cast = new Set(rule.inputs(count));
    const inputs = node.inputs.map((input, index) => (cast.has(index) ? toNarrow(input) : toWide(input)));
    const T: NodeAttribute = { kind: 'type', value: DataType.BFLOAT16 };
    const replacement = own && haveOneShape(node.inputs.map(shapeOf)) ? OWN_IN_BFLOAT16[node.op] : undefined;
    if (replacement) rewritten.push({ name: node.name, op: replacement, inputs, attributes: { T } });
    else rewritten.push({ ...node, inputs, attributes: { ...node.attributes, T } });
    narrow.add(outputName({ node: node.name, index: 0 }));
  }
  return { nodes: rewritten, outputs: outputs.map(toWide) };
}

const haveOneShape = ([first, ...others]: readonly (readonly number[] | undefined)[]): boolean =>
  first !== undefined && others.every((shape) => shape?.join() === first.join());

const isFloat = ({ attributes }: GraphNode): boolean =>
  attributes.T?.kind === 'type' && attributes.T.value === DataType.FLOAT;
