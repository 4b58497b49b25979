import { DataType, type GraphNode, type Output, outputName } from './graph.ts';

/** Which inputs and outputs of an operation are computed in bfloat16; the others stay as they are. */
interface Rule {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Whether the operation starts a bfloat16 stretch, or only continues one that its inputs are part of. */
  readonly starts: boolean;
}

const starting = (inputs: readonly number[]): Rule => ({ inputs, outputs: [0], starts: true });
const continuing = (inputs: readonly number[]): Rule => ({ inputs, outputs: [0], starts: false });

// Convolutions and what lies between them. Statistics of batch norm, losses, optimiser and master weights stay float32.
const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: starting([0, 1]),
  Conv2DBackpropInput: starting([1, 2]),
  Conv2DBackpropFilter: starting([0, 2]),
  FusedBatchNormV3: starting([0]),
  FusedBatchNormGradV3: starting([0, 1]),
  Relu: continuing([0]),
  ReluGrad: continuing([0, 1]),
  Add: continuing([0, 1]),
  AddV2: continuing([0, 1]),
  MaxPool: continuing([0]),
  MaxPoolGrad: continuing([0, 1, 2]),
  Reshape: continuing([0]),
  MatMul: continuing([0, 1]),
};

/**
 * The same computation with the network's activations and convolutions in bfloat16: casts are put where a float32
 * value enters such a stretch and where one leaves it. Every other operation, and every output, stays float32.
 */
export function toBfloat16(
  nodes: readonly GraphNode[],
  outputs: readonly Output[],
): { nodes: GraphNode[]; outputs: Output[] } {
  const rewritten: GraphNode[] = [];
  /** Outputs of the original graph that exist in bfloat16 only. */
  const narrow = new Set<string>();
  const narrowed = new Map<string, Output>();
  const widened = new Map<string, Output>();

  const cast = (input: Output, from: number, to: number, label: string): Output => {
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
      : memo(narrowed, input, () => cast(input, DataType.FLOAT, DataType.BFLOAT16, 'to_bfloat16'));
  const toWide = (input: Output): Output =>
    narrow.has(outputName(input))
      ? memo(widened, input, () => cast(input, DataType.BFLOAT16, DataType.FLOAT, 'to_float32'))
      : input;
  const isNarrow = (input: Output): boolean => narrow.has(outputName(input)) || narrowed.has(outputName(input));

  for (const node of nodes) {
    const rule = RULES[node.op];
    const applies =
      rule && isFloat(node) && (rule.starts || rule.inputs.every((index) => isNarrow(node.inputs[index]!)));
    if (!applies) {
      rewritten.push({ ...node, inputs: node.inputs.map(toWide) });
      continue;
    }
    const inputs = node.inputs.map((input, index) => (rule.inputs.includes(index) ? toNarrow(input) : toWide(input)));
    rewritten.push({
      ...node,
      inputs,
      attributes: { ...node.attributes, T: { kind: 'type', value: DataType.BFLOAT16 } },
    });
    for (const index of rule.outputs) narrow.add(outputName({ node: node.name, index }));
  }
  return { nodes: rewritten, outputs: outputs.map(toWide) };
}

const isFloat = ({ attributes }: GraphNode): boolean =>
  attributes.T?.kind === 'type' && attributes.T.value === DataType.FLOAT;
