import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { toBfloat16 } from './bfloat16.ts';
import { callSite } from './call-site.ts';
import { fuseRelu } from './fusion.ts';
import { encodeSavedModel, outputName } from './graph.ts';
import { type NativeBackend, nativeBackend } from './native-backend.ts';
import { hasOwnOperations } from './own-operations.ts';
import { describeNode, record } from './recorder.ts';
import { type Precision, recordingPrecision, whileRecording } from './recording.ts';
import { type Tensor, tf } from './tensor.ts';
import { flattenTree, replaceTensors, type Tree } from './tree.ts';

export interface JitOptions {
  /** Appears in error messages. Default: the function's own name. */
  readonly name?: string;
  /**
   * `bfloat16` computes convolutions and what lies between them in bfloat16, with float32 parameters, statistics and
   * losses; native backend only, elsewhere float32. Default `float32`.
   */
  readonly precision?: Precision;
  /**
   * `graph` runs the function as one TensorFlow graph where the native backend is current; `eager` never does, which
   * helps when looking for a fault. Default `graph`.
   */
  readonly mode?: 'graph' | 'eager';
}

/** A function made by {@link jit}. */
export interface Jitted {
  /** Frees the recorded graphs; the function may still be called and records again. */
  dispose(): void;
  /** Number of graphs held, one for each combination of structure, shapes and types that was met. */
  readonly graphs: number;
}

interface Graph {
  readonly session: number;
  readonly inputNames: string;
  readonly outputNames: string;
  /** A tree with stand-ins where the results' tensors go. */
  readonly result: Tree;
  readonly sites: ReadonlyMap<string, Error>;
}

/**
 * Turns a pure function of tensor trees into one that runs as a single TensorFlow graph where the native backend is
 * current, and eagerly under `tidy` elsewhere, with the same results.
 *
 * Rules for `fn`: the same operations for the same shapes; no reading of values (an error while recording); numbers,
 * strings and booleans among the arguments are part of the graph's identity, so whatever changes between calls (learning
 * rate, noise) is a tensor; tensors that are closed over keep the values that they had at the first call. Inputs are
 * left alone, outputs are new tensors owned by the caller.
 */
// biome-ignore lint/suspicious/noExplicitAny: the arguments' types are the caller's, checked when they are flattened
export function jit<F extends (...args: any[]) => any>(fn: F, options: JitOptions = {}): F & Jitted {
  const { name = fn.name || 'function', precision = 'float32', mode = 'graph' } = options;
  if (precision !== 'float32' && precision !== 'bfloat16') {
    throw new SceneError({
      code: 'PRECISION',
      expected: "'float32' or 'bfloat16'",
      found: JSON.stringify(precision),
      where: `jit of ${name}`,
      fix: 'Choose one of the two.',
    });
  }
  const graphs = new Map<string, Graph>();
  const releases: (() => void)[] = [];

  const call = (...args: Tree[]): Tree => {
    if (recordingPrecision()) return fn(...args);
    const native = mode === 'graph' ? nativeBackend() : undefined;
    if (!native) return eagerly(fn, args);
    const { tensors, structure } = flattenTree(args);
    let graph = graphs.get(structure);
    if (!graph) {
      const made = build(native, fn, args, tensors, precision, name);
      graph = made;
      graphs.set(structure, made);
      releases.push(() => native.binding.deleteSavedModel(made.session));
    }
    return run(native, graph, tensors, name);
  };
  const dispose = (): void => {
    for (const release of releases.splice(0)) release();
    graphs.clear();
  };
  const jitted = Object.assign(call, { dispose });
  Object.defineProperty(jitted, 'graphs', { get: () => graphs.size });
  return jitted as unknown as F & Jitted;
}

function eagerly(fn: (...args: Tree[]) => Tree, args: Tree[]): Tree {
  const inputs = new Set(flattenTree(args).tensors);
  return tf.tidy(() => {
    const seen = new Set<Tensor>(inputs);
    const result = fn(...args);
    const { tensors } = flattenTree(result);
    // An input handed through, or one tensor in two places, becomes a tensor of its own, as in a graph.
    const owned = tensors.map((tensor) => {
      if (seen.has(tensor)) return tf.clone(tensor);
      seen.add(tensor);
      return tensor;
    });
    return replaceTensors(result, owned) as tf.TensorContainer;
  }) as Tree;
}

function build(
  native: NativeBackend,
  fn: (...args: Tree[]) => Tree,
  args: Tree[],
  tensors: readonly Tensor[],
  precision: Precision,
  name: string,
): Graph {
  let result: Tree;
  const traced = (inputs: Tensor[]): Tensor[] => {
    result = fn(...(replaceTensors(args, inputs) as Tree[]));
    return flattenTree(result).tensors;
  };
  let graph: Graph | undefined;
  tf.tidy(() => {
    const recorded = whileRecording(precision, () => record(native, traced, tensors));
    const { shapeOf } = recorded;
    const fused = fuseRelu(recorded, shapeOf);
    const own = hasOwnOperations(native);
    const { nodes, outputs } = precision === 'bfloat16' ? toBfloat16(fused, { shapeOf, own }) : fused;
    graph = {
      session: loadGraph(native, encodeSavedModel(nodes), name),
      inputNames: recorded.inputs.map((input) => `${input}:0`).join(','),
      outputNames: outputs.map(outputName).join(','),
      result,
      sites: recorded.sites,
    };
  });
  return graph!;
}

/** TensorFlow reads graphs from a folder only. */
function loadGraph({ binding }: NativeBackend, savedModel: Uint8Array, name: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'ssl-scene-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    mkdirSync(join(folder, 'variables'));
    return binding.loadSavedModel(folder, 'serve');
  } catch (error) {
    throw new SceneError({
      code: 'GRAPH_REFUSED',
      expected: 'a graph that TensorFlow can run',
      found: (error as Error).message,
      where: `jit of ${name}`,
      fix: "Call jit with mode: 'eager' to find the operation, and please report it.",
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(native: NativeBackend, graph: Graph, tensors: readonly Tensor[], name: string): Tree {
  const ids = native.getInputTensorIds([...tensors]);
  let outputs: Tensor[];
  try {
    const metadata = native.binding.runSavedModel(graph.session, ids, graph.inputNames, graph.outputNames);
    outputs = metadata.map((meta) => native.createOutputTensor(meta));
  } catch (error) {
    throw graphError(error as Error, graph, name);
  }
  return replaceTensors(graph.result, outputs);
}

function graphError(error: Error, { sites }: Graph, name: string): SceneError {
  const node = /\{\{node ([^}]+)\}\}/.exec(error.message)?.[1];
  const site = node ? sites.get(node) : undefined;
  return new SceneError({
    code: 'GRAPH_FAILED',
    expected: `a run of ${name} to its end`,
    found: `${node ? `${describeNode(node)}: ` : ''}${error.message}`,
    where: site ? callSite(site) : `jit of ${name}`,
    fix: "Call jit with mode: 'eager' to look at the values in between.",
    cause: error,
  });
}
