import { type GraphNode, type NodeAttribute, type Output, outputName } from './graph.ts';
import { OWN_BATCH_NORM, OWN_BATCH_NORM_GRADIENT } from './own-operations.ts';

interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly Output[];
}

/** A ReLU that a batch norm does, perhaps with a sum between them. */
interface Fused {
  readonly norm: GraphNode;
  /** What is added, in residual networks. */
  readonly side?: Output;
  /** The sum and the ReLU. */
  readonly replaced: readonly GraphNode[];
}

/**
 * The same computation with each ReLU that follows a batch norm, or a batch norm and a sum, done by the batch norm itself, and its
 * gradient by the batch norm's where nothing was added: passes over the activations less. Where anything else looks at a value
 * in between, all stays as it is.
 *
 * @param shapeOf of an output of the graph
 */
export function fuseRelu({ nodes, outputs }: Graph, shapeOf: (output: Output) => readonly number[] | undefined): Graph {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const readers = countReaders(nodes, outputs);
  const normOf = (output: Output): GraphNode | undefined => {
    const node = byName.get(output.node)!;
    return node.op === OWN_BATCH_NORM && output.index === 0 && readers.get(outputName(output)) === 1 ? node : undefined;
  };
  const found = (relu: GraphNode): Fused | undefined => {
    const input = relu.inputs[0]!;
    const norm = normOf(input);
    if (norm) return { norm, replaced: [relu] };
    const sum = byName.get(input.node)!;
    if ((sum.op !== 'Add' && sum.op !== 'AddV2') || readers.get(outputName(input)) !== 1) return undefined;
    const [first, second] = sum.inputs as [Output, Output];
    if (!sameShape(shapeOf(first), shapeOf(second))) return undefined;
    for (const [output, side] of [
      [first, second],
      [second, first],
    ] as const) {
      const summand = normOf(output);
      if (summand) return { norm: summand, side, replaced: [sum, relu] };
    }
    return undefined;
  };

  /** By the name of the ReLU. */
  const fusions = new Map<string, Fused>();
  const taken = new Set<string>();
  for (const node of nodes) {
    const fusion = node.op === 'Relu' ? found(node) : undefined;
    if (!fusion || taken.has(fusion.norm.name)) continue;
    fusions.set(node.name, fusion);
    taken.add(fusion.norm.name);
  }

  /** What the gradients of batch norms are given that do that of the ReLU, too. */
  const given = new Map<string, Output>();
  const absorbed = new Set([...fusions.values()].flatMap(({ replaced }) => replaced.map(({ name }) => name)));
  for (const gradient of nodes) {
    if (gradient.op !== OWN_BATCH_NORM_GRADIENT) continue;
    const dy = gradient.inputs[0]!;
    const reluGradient = byName.get(dy.node)!;
    if (reluGradient.op !== 'ReluGrad' || readers.get(outputName(dy)) !== 1) continue;
    const fusion = fusions.get(reluGradient.inputs[1]!.node);
    if (!fusion || fusion.side || fusion.norm.name !== gradient.inputs[MEAN]!.node) continue;
    given.set(gradient.name, reluGradient.inputs[0]!);
    absorbed.add(reluGradient.name);
  }

  const moved = (output: Output): Output => {
    const fusion = fusions.get(output.node);
    return fusion ? { node: fusion.norm.name, index: 0 } : output;
  };
  const kept = nodes.flatMap((node): GraphNode[] => {
    const fusion = fusions.get(node.name);
    // At the place of the ReLU: what is added comes before it.
    if (fusion) return [rectified(fusion, moved)];
    if (absorbed.has(node.name) || taken.has(node.name)) return [];
    const dy = given.get(node.name);
    const inputs = (dy ? [dy, ...node.inputs.slice(1)] : node.inputs).map(moved);
    return [{ ...node, inputs, ...(dy && { attributes: { ...node.attributes, relu: YES } }) }];
  });
  return { nodes: kept, outputs: outputs.map(moved) };
}

function rectified({ norm, side }: Fused, moved: (output: Output) => Output): GraphNode {
  const inputs = [...norm.inputs, ...(side ? [side] : [])].map(moved);
  const sides: NodeAttribute = { kind: 'integer', value: side ? 1 : 0 };
  return { ...norm, inputs, attributes: { ...norm.attributes, relu: YES, sides } };
}

/** Which input of a batch norm's gradient is an output of that batch norm. */
const MEAN = 4;

const YES: NodeAttribute = { kind: 'boolean', value: true };

const sameShape = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((side, axis) => side === b[axis]);

/** How often each output is read. */
function countReaders(nodes: readonly GraphNode[], outputs: readonly Output[]): Map<string, number> {
  const readers = new Map<string, number>();
  for (const output of [...nodes.flatMap(({ inputs }) => inputs), ...outputs]) {
    const name = outputName(output);
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}
