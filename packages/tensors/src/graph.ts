import { MessageWriter } from './protobuf.ts';

/** Numbers of TensorFlow's types (`DataType` in types.proto). */
export const DataType = { FLOAT: 1, INT32: 3, UINT8: 4, INT64: 9, BOOL: 10, BFLOAT16: 14 } as const;

/** Output `index` of the node `node`. */
export interface Output {
  readonly node: string;
  readonly index: number;
}

/** Elements of a constant, little-endian. */
export interface Constant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly content: Uint8Array;
}

export type NodeAttribute =
  | { readonly kind: 'string'; readonly value: string | readonly string[] }
  | { readonly kind: 'integer'; readonly value: number | readonly number[] }
  | { readonly kind: 'float'; readonly value: number | readonly number[] }
  | { readonly kind: 'boolean'; readonly value: boolean | readonly boolean[] }
  | { readonly kind: 'type'; readonly value: number | readonly number[] }
  | { readonly kind: 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: Constant };

/** One operation of a graph. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Output[];
  readonly attributes: Readonly<Record<string, NodeAttribute>>;
}

/** The text by which TensorFlow names an output. */
export const outputName = ({ node, index }: Output): string => `${node}:${index}`;

// GraphDef's version: accepted by every TensorFlow from 2.9 to 2.21 at least.
const PRODUCER = 1286;

/** A SavedModel (saved_model.proto) with one meta graph tagged `serve` that holds the nodes. */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const graph = new MessageWriter();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.message(4, new MessageWriter().integer(1, PRODUCER));
  const metaInfo = new MessageWriter().text(4, 'serve');
  const metaGraph = new MessageWriter().message(1, metaInfo).message(2, graph);
  return new MessageWriter().integer(1, 1).message(2, metaGraph).finish();
}

function encodeNode({ name, op, inputs, attributes }: GraphNode): MessageWriter {
  const message = new MessageWriter().text(1, name).text(2, op);
  for (const { node, index } of inputs) message.text(3, index === 0 ? node : `${node}:${index}`);
  for (const [key, attribute] of Object.entries(attributes)) {
    message.message(5, new MessageWriter().text(1, key).message(2, encodeAttribute(attribute)));
  }
  return message;
}

function encodeAttribute(attribute: NodeAttribute): MessageWriter {
  const message = new MessageWriter();
  if (attribute.kind === 'shape') return message.message(7, encodeShape(attribute.value));
  if (attribute.kind === 'tensor') return message.message(8, encodeConstant(attribute.value));
  if (Array.isArray(attribute.value)) return message.message(1, encodeList(attribute));
  return encodeScalar(message, attribute as NodeAttribute & { value: string | number | boolean });
}

// The same field numbers in AttrValue and in AttrValue.ListValue.
const FIELD = { string: 2, integer: 3, float: 4, boolean: 5, type: 6 } as const;

function encodeScalar(message: MessageWriter, attribute: NodeAttribute): MessageWriter {
  switch (attribute.kind) {
    case 'string':
      return message.text(FIELD.string, attribute.value as string);
    case 'float':
      return message.float(FIELD.float, attribute.value as number);
    case 'boolean':
      return message.integer(FIELD.boolean, attribute.value ? 1 : 0);
    default:
      return message.integer(FIELD[attribute.kind as 'integer' | 'type'], attribute.value as number);
  }
}

function encodeList({ kind, value }: NodeAttribute): MessageWriter {
  const list = new MessageWriter();
  for (const item of value as readonly (string | number | boolean)[]) {
    encodeScalar(list, { kind, value: item } as NodeAttribute);
  }
  return list;
}

function encodeShape(shape: readonly number[]): MessageWriter {
  const message = new MessageWriter();
  for (const size of shape) message.message(2, new MessageWriter().integer(1, size));
  return message;
}

function encodeConstant({ dtype, shape, content }: Constant): MessageWriter {
  return new MessageWriter().integer(1, dtype).message(2, encodeShape(shape)).bytes(4, content);
}
