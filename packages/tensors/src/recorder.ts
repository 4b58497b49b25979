import { SceneError } from '@ssl-scene/errors';
import { callSite, captureStack } from './call-site.ts';
import { type Constant, DataType, type GraphNode, type NodeAttribute, type Output, outputName } from './graph.ts';
import type { Binding, NativeBackend, OpAttribute, TensorMetadata } from './native-backend.ts';
import { inferOutputs, type TensorMeta } from './shape-rules.ts';
import type { Tensor } from './tensor.ts';

/** Constants longer than this, in bytes, are compared with their first element: uniform ones become fills. */
const UNIFORM_FROM = 256;
/** Constants longer than this are not searched for equal ones. */
const SHARED_UP_TO = 4096;

/** The operations that a function of tensors runs, as nodes of a graph. */
export interface Recording {
  readonly nodes: GraphNode[];
  /** Names of the placeholders, in the order of the inputs. */
  readonly inputs: string[];
  readonly outputs: Output[];
  /** Shape of an output; undefined where no operation gives it. */
  readonly shapeOf: (output: Output) => readonly number[] | undefined;
  /** Where in the caller's code each node comes from. */
  readonly sites: ReadonlyMap<string, Error>;
}

/**
 * Runs `fn` once without computing: every tensor that depends on an input is *virtual* (a negative handle with a shape
 * and a type), and each operation that would run is written down instead. Gradients are operations too. Tensors that
 * depend on no input are real, so that shapes computed from them work; they enter the graph as constants.
 *
 * tfjs-node sends every operation through `backend.binding.executeOp` and every host value through
 * `binding.createTensor`, so a stand-in binding sees everything.
 */
export function record(
  backend: NativeBackend,
  fn: (inputs: Tensor[]) => Tensor[],
  inputs: readonly Tensor[],
): Recording {
  const recorder = new Recorder(backend);
  return recorder.run(fn, inputs);
}

class Recorder {
  private readonly nodes: GraphNode[] = [];
  private readonly sites = new Map<string, Error>();
  private readonly outputs = new Map<number, Output>();
  private readonly metas = new Map<number, TensorMeta>();
  private readonly constants = new Map<number, Constant>();
  private readonly constantNodes = new Map<string, Output>();
  private readonly binding: Binding;
  private count = 0;
  // tfjs-node gives -1 to tensors that are not uploaded yet.
  private nextVirtual = -2;

  constructor(private readonly backend: NativeBackend) {
    this.binding = backend.binding;
  }

  run(fn: (inputs: Tensor[]) => Tensor[], inputs: readonly Tensor[]): Recording {
    const { backend, binding } = this;
    const getInputTensorIds = backend.getInputTensorIds;
    backend.binding = this.standIn();
    backend.getInputTensorIds = (tensors) => {
      const ids = getInputTensorIds.call(backend, tensors);
      ids.forEach((id, index) => {
        if (id >= 0 && !this.outputs.has(id)) this.capture(id, tensors[index]!);
      });
      return ids;
    };
    try {
      const placeholders = inputs.map((tensor, index) => this.placeholder(tensor, index));
      const results = fn(placeholders.map((meta) => backend.createOutputTensor(meta)));
      const outputs = backend
        .getInputTensorIds(results)
        .map((id) => this.identity(this.outputs.get(id)!, this.metas.get(id)!));
      const { nodes, sites } = this;
      const names = inputs.map((_, index) => `input_${index}`);
      return { nodes, inputs: names, outputs, shapeOf: this.shapes(), sites };
    } finally {
      backend.binding = binding;
      backend.getInputTensorIds = getInputTensorIds;
    }
  }

  private shapes(): Recording['shapeOf'] {
    const shapes = new Map([...this.outputs].map(([id, output]) => [outputName(output), this.metas.get(id)!.shape]));
    return (output) => shapes.get(outputName(output));
  }

  private standIn(): Binding {
    const real = this.binding;
    const methods: Partial<Binding> = {
      createTensor: (shape, dtype, values) => {
        const id = real.createTensor(shape, dtype, values);
        this.constant(id, { dtype, shape, content: contentOf(this.binding, dtype, values) });
        return id;
      },
      deleteTensor: (id) => {
        if (id >= 0) real.deleteTensor(id);
      },
      tensorDataSync: (id) => {
        if (id >= 0) return real.tensorDataSync(id);
        return this.refuseReading(id);
      },
      executeOp: (name, attributes, ids, outputs) => this.execute(name, attributes, ids, outputs),
    };
    // A proxy may not replace the compiled object's properties, which are read-only, so this is a copy.
    const copy = Object.fromEntries(
      Object.getOwnPropertyNames(real).map((key) => {
        const value = real[key as keyof Binding] as unknown;
        return [key, typeof value === 'function' ? value.bind(real) : value];
      }),
    );
    return { ...copy, ...methods } as Binding;
  }

  private placeholder(tensor: Tensor, index: number): TensorMetadata {
    const dtype = dataTypeOf(tensor);
    const name = `input_${index}`;
    this.node(name, 'Placeholder', [], {
      dtype: { kind: 'type', value: dtype },
      shape: { kind: 'shape', value: tensor.shape },
    });
    return this.virtual({ node: name, index: 0 }, { shape: tensor.shape, dtype });
  }

  private virtual(output: Output, { shape, dtype }: TensorMeta): TensorMetadata {
    const id = this.nextVirtual--;
    this.outputs.set(id, output);
    this.metas.set(id, { shape, dtype });
    return { id, shape: [...shape], dtype };
  }

  private execute(op: string, attributes: OpAttribute[], ids: number[], outputCount: number): TensorMetadata[] {
    if (ids.every((id) => id >= 0)) return this.executeNow(op, attributes, ids, outputCount);
    const name = `${op}_${this.count++}`;
    this.sites.set(name, captureStack());
    this.node(
      name,
      op,
      ids.map((id) => this.outputs.get(id)!),
      { ...this.impliedType(op, ids), ...this.nodeAttributes(attributes) },
    );
    const metas = this.inferred(op, attributes, ids) ?? this.tried(op, name, attributes, ids, outputCount);
    return metas.map((meta, index) => this.virtual({ node: name, index }, meta));
  }

  /** tfjs-node leaves the type of this operation to TensorFlow, which tells it by the input; a graph must state it. */
  private impliedType(op: string, [input]: readonly number[]): Record<string, NodeAttribute> {
    if (op !== 'ExpandDims') return {};
    return { T: { kind: 'type', value: this.metas.get(input!)!.dtype } };
  }

  /** An operation on constants alone has a constant result, and shapes may be computed from it. */
  private executeNow(op: string, attributes: OpAttribute[], ids: number[], outputCount: number): TensorMetadata[] {
    const results = this.binding.executeOp(op, attributes, ids, outputCount);
    const readable = [DataType.FLOAT, DataType.INT32, DataType.BOOL] as readonly number[];
    for (const { id, shape, dtype } of results) {
      if (!readable.includes(dtype)) continue;
      const values = this.binding.tensorDataSync(id);
      this.constant(id, { dtype, shape, content: contentOf(this.binding, dtype, values) });
    }
    return results;
  }

  private inferred(op: string, attributes: OpAttribute[], ids: number[]): TensorMeta[] | undefined {
    const inputs = ids.map((id) => this.metas.get(id)!);
    return inferOutputs(op, {
      inputs,
      attribute: (wanted) => attributes.find(({ name }) => name === wanted)?.value,
      constant: (index) => {
        const constant = this.constants.get(ids[index]!);
        if (constant?.dtype !== DataType.INT32) return undefined;
        return [...new Int32Array(constant.content.buffer, constant.content.byteOffset, constant.content.length / 4)];
      },
    });
  }

  /** Shapes and types by running the operation on zeros. */
  private tried(op: string, name: string, attributes: OpAttribute[], ids: number[], count: number): TensorMeta[] {
    const temporary: number[] = [];
    try {
      const real = ids.map((id) => {
        if (id >= 0) return id;
        const { shape, dtype } = this.metas.get(id)!;
        const zeros = this.binding.createTensor([...shape], dtype, zerosOf(dtype, shape));
        temporary.push(zeros);
        return zeros;
      });
      const results = this.binding.executeOp(op, attributes, real, count);
      temporary.push(...results.map(({ id }) => id));
      return results.map(({ shape, dtype }) => ({ shape, dtype }));
    } catch (error) {
      throw new SceneError({
        code: 'OPERATION_FAILED',
        expected: `inputs that ${op} accepts`,
        found: `${ids.map((id) => `[${this.metas.get(id)!.shape}]`).join(', ')}: ${(error as Error).message}`,
        where: callSite(this.sites.get(name)!),
        fix: 'Correct the shapes or types at that line.',
        cause: error,
      });
    } finally {
      for (const id of temporary) this.binding.deleteTensor(id);
    }
  }

  private refuseReading(id: number): never {
    const output = this.outputs.get(id);
    throw new SceneError({
      code: 'VALUE_READ_WHILE_RECORDING',
      expected: 'a function that computes with tensors only',
      found: `a reading of the values of ${output ? describeNode(output.node) : 'a tensor'}, which depend on an input`,
      where: callSite(captureStack()),
      fix: 'Return the tensor and read it outside jit, or compute what you need with tensor operations.',
    });
  }

  /** A tensor made outside the function and not passed to it: its values now are part of the graph. */
  private capture(id: number, tensor: Tensor): void {
    const dtype = dataTypeOf(tensor);
    const values = this.binding.tensorDataSync(id);
    this.constant(id, { dtype, shape: tensor.shape, content: contentOf(this.binding, dtype, values) });
  }

  private constant(id: number, constant: Constant): void {
    this.metas.set(id, constant);
    // int64 is only ever an axis or a shape that the rules don't need.
    if (constant.dtype === DataType.INT32) this.constants.set(id, constant);
    this.outputs.set(id, this.constantNode(constant));
  }

  private constantNode(constant: Constant): Output {
    const { dtype, shape, content } = constant;
    const width = bytesPerElement(dtype);
    const uniform = content.length > UNIFORM_FROM && isUniform(content, width);
    const stored = uniform ? content.subarray(0, width) : content;
    const key = stored.length <= SHARED_UP_TO ? `${dtype}|${shape}|${uniform}|${stored.join()}` : undefined;
    const known = key && this.constantNodes.get(key);
    if (known) return known;
    const output = uniform ? this.fill(constant, stored) : this.constNode(constant);
    if (key) this.constantNodes.set(key, output);
    return output;
  }

  private constNode(value: Constant): Output {
    const name = `Const_${this.count++}`;
    const copy = { ...value, content: value.content.slice() };
    this.node(name, 'Const', [], {
      dtype: { kind: 'type', value: value.dtype },
      value: { kind: 'tensor', value: copy },
    });
    return { node: name, index: 0 };
  }

  private fill({ dtype, shape }: Constant, element: Uint8Array): Output {
    const dimensions = new Uint8Array(Int32Array.from(shape).buffer);
    const extent = this.constantNode({ dtype: DataType.INT32, shape: [shape.length], content: dimensions });
    const value = this.constantNode({ dtype, shape: [], content: element });
    const name = `Fill_${this.count++}`;
    this.node(name, 'Fill', [extent, value], {
      T: { kind: 'type', value: dtype },
      index_type: { kind: 'type', value: DataType.INT32 },
    });
    return { node: name, index: 0 };
  }

  /** An output of its own for each result: TensorFlow returns a fed tensor, or one twice, as the same memory. */
  private identity(input: Output, { dtype }: TensorMeta): Output {
    const name = `output_${this.count++}`;
    this.node(name, 'Identity', [input], { T: { kind: 'type', value: dtype } });
    return { node: name, index: 0 };
  }

  private node(
    name: string,
    op: string,
    inputs: readonly Output[],
    attributes: Readonly<Record<string, NodeAttribute>>,
  ): void {
    this.nodes.push({ name, op, inputs, attributes });
  }

  private nodeAttributes(attributes: readonly OpAttribute[]): Record<string, NodeAttribute> {
    const { TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE } = this.binding;
    const kinds = new Map([
      [TF_ATTR_STRING, 'string'],
      [TF_ATTR_INT, 'integer'],
      [TF_ATTR_FLOAT, 'float'],
      [TF_ATTR_BOOL, 'boolean'],
      [TF_ATTR_TYPE, 'type'],
    ]);
    return Object.fromEntries(
      attributes.map(({ name, type, value }) => [name, { kind: kinds.get(type) ?? 'shape', value } as NodeAttribute]),
    );
  }
}

/** `Conv2D_17` → `Conv2D (node Conv2D_17)`. */
export function describeNode(name: string): string {
  return `${name.replace(/_\d+$/, '')} (node ${name})`;
}

function dataTypeOf({ dtype }: Tensor): number {
  if (dtype === 'float32') return DataType.FLOAT;
  if (dtype === 'int32') return DataType.INT32;
  if (dtype === 'bool') return DataType.BOOL;
  throw new SceneError({
    code: 'UNSUPPORTED_DTYPE',
    expected: 'float32, int32 or bool',
    found: dtype,
    where: 'jit',
    fix: 'Convert the tensor before it enters the function.',
  });
}

function bytesPerElement(dtype: number): number {
  if (dtype === DataType.BOOL || dtype === DataType.UINT8) return 1;
  return dtype === DataType.INT64 ? 8 : 4;
}

function contentOf(binding: Binding, dtype: number, values: ArrayLike<number>): Uint8Array {
  if (dtype === binding.TF_INT64) {
    // tfjs-node passes an int64 scalar as the two halves of its bits.
    const halves = Int32Array.from(values);
    return new Uint8Array(halves.buffer, 0, 8);
  }
  const typed = ArrayBuffer.isView(values)
    ? (values as unknown as Uint8Array)
    : dtype === DataType.FLOAT
      ? Float32Array.from(values)
      : dtype === DataType.INT32
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength).slice();
}

function isUniform(content: Uint8Array, width: number): boolean {
  for (let index = width; index < content.length; index++) {
    if (content[index] !== content[index - width]) return false;
  }
  return true;
}

function zerosOf(dtype: number, shape: readonly number[]): Float32Array | Int32Array | Uint8Array {
  const size = shape.reduce((total, length) => total * length, 1);
  if (dtype === DataType.FLOAT) return new Float32Array(size);
  return dtype === DataType.INT32 ? new Int32Array(size) : new Uint8Array(size);
}
