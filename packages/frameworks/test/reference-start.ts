import type { Framework } from '@ssl-scene/frameworks';
import { decodeTensor, type ParameterKind, shapeInFile, type Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/*
 * Start values and images of fixtures/make-framework-steps.py: formulas of a tensor's name, rounded to float32 where that
 * script rounds them.
 */

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function phase(name: string): number {
  const sum = [...name].reduce((total, character, index) => total + (index + 1) * character.charCodeAt(0), 0);
  return sum % 1009;
}

function chirp(name: string, count: number): Float64Array {
  const shift = phase(name);
  return Float64Array.from({ length: count }, (_, index) => Math.sin(0.37 * (index + 1) * (index + 1) + shift));
}

/** View `name` of step `step`, (6, side, side, 3). */
export function referenceImages(name: string, step: number, images: number, side: number): Tensor {
  const shape = [images, 3, side, side];
  const [base, own] = [chirp(`image${step}`, size(shape)), chirp(`${name}${step}`, size(shape))];
  const values = Float32Array.from(base, (value, index) => value + 0.5 * own[index]!);
  return tf.transpose(tf.tensor(values, shape), [0, 2, 3, 1]);
}

const COPY = /^(key|teacher)\./;

/** Variables of the reference's start: averages are copies, but for `target`, which has values of its own. */
export function referenceStart(framework: Framework): Variables {
  const { parameters, unlearned, buffers } = framework;
  const started = (spec: { name: string; shape: readonly number[]; kind: ParameterKind }): [string, Tensor] => [
    spec.name,
    startOf(spec.name.replace(COPY, ''), spec.shape, spec.kind),
  ];
  const rest = buffers.map(({ name, shape, value, dtype }): [string, Tensor] => {
    const queue = /^(queue|denseQueue)\.global$/.test(name);
    return [name, queue ? unitRows(name, shape as [number, number]) : tf.fill([...shape], value, dtype)];
  });
  const params: TensorDict = Object.fromEntries(parameters.map(started));
  const others: TensorDict = Object.fromEntries([...unlearned.map(started), ...rest]);
  // Prototypes that must have length 1 start so.
  return { params: { ...params, ...framework.constrain?.(params) }, buffers: others };
}

function startOf(name: string, shape: readonly number[], kind: ParameterKind): Tensor {
  const stored = shapeInFile(shape, kind);
  const values = chirp(name, size(stored));
  const scaled = (factor: number, offset = 0): Float32Array => Float32Array.from(values, (v) => offset + factor * v);
  const data =
    stored.length > 1
      ? Float32Array.from(values, (v) => (v * 2) / Math.sqrt(size(stored.slice(1))))
      : name.endsWith('weight')
        ? scaled(0.2, 1)
        : scaled(0.1);
  return decodeTensor({ dtype: 'F32', shape: stored, data }, kind);
}

function unitRows(name: string, [rows, columns]: readonly [number, number]): Tensor {
  const values = tf.tensor(Float32Array.from(chirp(name, rows * columns)), [rows, columns]);
  return tf.div(values, tf.norm(values, 2, 1, true));
}
