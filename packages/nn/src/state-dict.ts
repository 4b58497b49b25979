import { SceneError } from '@ssl-scene/errors';
import {
  type FloatDType,
  openSafetensors,
  parseSafetensors,
  type SafetensorsReader,
  type StoredTensor,
  writeSafetensors,
} from '@ssl-scene/safetensors';
import { disposeTree, type Tensor, type TensorDict } from '@ssl-scene/tensors';
import { freshBuffer, freshParameter } from './initialise.ts';
import { decodeTensor, encodeTensor, shapeInFile } from './layout.ts';
import type { BufferSpec, ParameterKind, ParameterSpec, Specs, Variables } from './module.ts';

export interface EncodeOptions {
  /** Type of floating-point numbers in the file. Default F32, exact. */
  readonly dtype?: FloatDType;
  /** Put before every name, dot included. Default none. */
  readonly prefix?: string;
}

export interface SaveOptions extends EncodeOptions {
  /** Strings beside the tensors. Default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A file of tensors: its path, its bytes, or a reader of it. */
export type TensorSource = string | Uint8Array | SafetensorsReader;

/** A tensor that is in the file under the right name with another shape. */
export interface ShapeMismatch {
  readonly name: string;
  /** As PyTorch lays it out. */
  readonly expected: readonly number[];
  readonly found: readonly number[];
}

/** How a file's tensors and a network's fit. Names are the network's, but for `unexpected`, which are the file's. */
export interface LoadReport {
  /** Loaded from the file. */
  readonly matched: readonly string[];
  /** Not in the file. They have fresh values. */
  readonly missing: readonly string[];
  /**
   * Counters of batches (`num_batches_tracked`) that are not in the file, since older programs did not write them. They
   * start at 0, and count neither as matched nor as missing.
   */
  readonly missingCounters: readonly string[];
  /** In the file with another shape. They have fresh values. */
  readonly mismatched: readonly ShapeMismatch[];
  /** In the file but not in the network. */
  readonly unexpected: readonly string[];
}

/** What {@link restoreVariables} gives. */
export interface Restored {
  readonly variables: Variables;
  readonly report: LoadReport;
}

export interface RestoreOptions {
  /** What the file's names have before the network's, dot included. Others are unexpected. Default none. */
  readonly prefix?: string;
  /** Seed of the fresh values of tensors that the file lacks. Default 0. */
  readonly seed?: number;
}

/** All variables as PyTorch would save them, in the order of the specifications. */
export async function encodeVariables(
  specs: Specs,
  variables: Variables,
  options: EncodeOptions = {},
): Promise<Record<string, StoredTensor>> {
  const { dtype, prefix = '' } = options;
  const all: TensorDict = { ...variables.buffers, ...variables.params };
  const stored: Record<string, StoredTensor> = {};
  for (const { name, kind } of listed(specs)) {
    const tensor = all[name];
    if (!tensor) {
      throw new SceneError({
        code: 'VARIABLE_ABSENT',
        expected: `a value of ${JSON.stringify(name)}`,
        found: `none among ${Object.keys(all).length} variables`,
        where: 'encodeVariables',
        fix: 'Pass the variables that belong to these specifications.',
      });
    }
    stored[prefix + name] = await encodeTensor(tensor, kind, dtype);
  }
  return stored;
}

/** Writes all variables to a safetensors file that PyTorch reads as a state dictionary. Not atomic. */
export async function saveVariables(
  path: string,
  specs: Specs,
  variables: Variables,
  options: SaveOptions = {},
): Promise<void> {
  const { metadata = {}, ...rest } = options;
  const stored = await encodeVariables(specs, variables, rest);
  writeSafetensors(path, stored, { metadata: { format: 'pt', ...metadata } });
}

/**
 * Variables from a file of PyTorch's layouts. Whatever the file lacks gets a fresh value; the report says what, and the
 * caller decides whether that will do.
 *
 * @throws SceneError where the file is damaged.
 */
export function restoreVariables(specs: Specs, source: TensorSource, options: RestoreOptions = {}): Restored {
  return withReader(source, (reader) => restoreFrom(specs, reader, options));
}

/**
 * Variables from a file that has exactly those of the network.
 *
 * @throws SceneError where a tensor is missing, unexpected or of another shape.
 */
export function loadVariables(
  specs: Specs,
  source: TensorSource,
  options: Pick<RestoreOptions, 'prefix'> = {},
): Variables {
  const { variables, report } = restoreVariables(specs, source, options);
  const faults = describeFaults(report);
  if (faults === undefined) return variables;
  disposeTree(variables as { params: TensorDict; buffers: TensorDict });
  throw new SceneError({
    code: 'STATE_DICT',
    expected: 'a file with exactly the tensors of the network',
    found: faults,
    where: sourceName(source),
    fix: 'Describe the network as it was saved, or use `restoreVariables` and look at its report.',
  });
}

/** The report's faults in words, or undefined where there are none. */
export function describeFaults({ missing, mismatched, unexpected }: LoadReport): string | undefined {
  const shapes = mismatched.map(
    ({ name, expected, found }) => `${name} is [${found.join(', ')}] instead of [${expected.join(', ')}]`,
  );
  const parts = [listing('missing', missing), listing('of another shape', shapes), listing('unexpected', unexpected)];
  const faults = parts.filter((part) => part !== undefined);
  return faults.length === 0 ? undefined : faults.join('; ');
}

/**
 * An optimiser's state with every tensor in the layout of its parameter.
 *
 * @param parameters what the state's parameters are.
 */
export async function encodeOptimiserState(
  state: TensorDict,
  parameters: readonly ParameterSpec[],
  options: Pick<EncodeOptions, 'prefix'> = {},
): Promise<Record<string, StoredTensor>> {
  const kinds = kindsByName(parameters);
  const stored: Record<string, StoredTensor> = {};
  for (const [name, tensor] of Object.entries(state)) {
    stored[(options.prefix ?? '') + name] = await encodeTensor(tensor, kinds.get(parameterOf(name)));
  }
  return stored;
}

/** The state that {@link encodeOptimiserState} made: all tensors of the file whose names begin with the prefix. */
export function restoreOptimiserState(
  source: TensorSource,
  parameters: readonly ParameterSpec[],
  options: Pick<EncodeOptions, 'prefix'> = {},
): Record<string, Tensor> {
  const { prefix = '' } = options;
  const kinds = kindsByName(parameters);
  return withReader(source, (reader) => {
    const names = [...reader.tensors.keys()].filter((name) => name.startsWith(prefix));
    const entries = names.map((key) => {
      const name = key.slice(prefix.length);
      return [name, decodeTensor(reader.read(key), kinds.get(parameterOf(name)))] as const;
    });
    return Object.fromEntries(entries);
  });
}

interface Listed {
  readonly name: string;
  readonly kind?: ParameterKind;
}

function listed({ parameters, buffers }: Specs): readonly Listed[] {
  return [...parameters, ...buffers];
}

function kindsByName(parameters: readonly ParameterSpec[]): ReadonlyMap<string, ParameterKind> {
  return new Map(parameters.map(({ name, kind }) => [name, kind]));
}

/** State is named by its slot, a dot and its parameter. */
function parameterOf(stateName: string): string {
  return stateName.slice(stateName.indexOf('.') + 1);
}

function withReader<T>(source: TensorSource, use: (reader: SafetensorsReader) => T): T {
  if (typeof source !== 'string') return use(source instanceof Uint8Array ? parseSafetensors(source) : source);
  const reader = openSafetensors(source);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

function sourceName(source: TensorSource): string {
  return typeof source === 'string' ? source : 'the given tensors';
}

function restoreFrom(specs: Specs, reader: SafetensorsReader, { prefix = '', seed = 0 }: RestoreOptions): Restored {
  const matched: string[] = [];
  const missing: string[] = [];
  const missingCounters: string[] = [];
  const mismatched: ShapeMismatch[] = [];
  const load = (spec: ParameterSpec | BufferSpec): Tensor => {
    const { name } = spec;
    const kind = 'kind' in spec ? spec.kind : undefined;
    const info = reader.tensors.get(prefix + name);
    if (info) {
      const expected = shapeInFile(spec.shape, kind);
      if (sameShape(expected, info.shape)) {
        matched.push(name);
        return decodeTensor(reader.read(prefix + name), kind, 'dtype' in spec ? spec.dtype : 'float32');
      }
      mismatched.push({ name, expected, found: info.shape });
    } else if (name.endsWith('num_batches_tracked')) missingCounters.push(name);
    else missing.push(name);
    return 'kind' in spec ? freshParameter(spec, seed) : freshBuffer(spec);
  };
  const params = Object.fromEntries(specs.parameters.map((spec) => [spec.name, load(spec)]));
  const buffers = Object.fromEntries(specs.buffers.map((spec) => [spec.name, load(spec)]));
  const known = new Set(listed(specs).map(({ name }) => prefix + name));
  const unexpected = [...reader.tensors.keys()].filter((name) => !known.has(name));
  return { variables: { params, buffers }, report: { matched, missing, missingCounters, mismatched, unexpected } };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function listing(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 5).join(', ');
  return `${names.length} ${what} (${shown}${names.length > 5 ? ', …' : ''})`;
}
