import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { PixelWindow, Size } from '@ssl-scene/augmentations';
import { SceneError } from '@ssl-scene/errors';
import type { PixelTarget } from './image-reader.ts';

/** What an operation gives: a handle and a shape. */
interface OpOutput {
  readonly id: number;
  readonly shape: readonly number[];
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The functions of tfjs-node's compiled binding that decoding needs. Every thread has a binding, and handles, of its own. */
interface Binding {
  createTensor(shape: number[], dtype: number, values: Int32Array | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Int32Array;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): OpOutput[];
  readonly TF_INT32: number;
  readonly TF_UINT8: number;
  readonly TF_STRING: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

/** Where the compiled binding is inside the package of tfjs-node. */
const BINDING = 'lib/napi-v8/tfjs_binding.node';

/**
 * TensorFlow's own JPEG decoder, with the accurate inverse transform: the pixels of Pillow and sharp. It is called through the
 * compiled binding alone, without tfjs, in whatever thread this is made.
 */
export class NativeJpegDecoder {
  readonly #binding: Binding;
  readonly #decoding: readonly OpAttribute[];
  readonly #reshaping: readonly OpAttribute[];
  readonly #padding: readonly OpAttribute[];
  readonly #casting: readonly OpAttribute[];

  /**
   * @param packageDirectory folder of `@tensorflow/tfjs-node` or `-gpu`, its native library in place
   * @throws SceneError `NATIVE_LIBRARY_UNUSABLE`
   */
  constructor(packageDirectory: string) {
    const binding = loadBinding(packageDirectory);
    this.#binding = binding;
    const type = (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_TYPE, value });
    this.#decoding = [
      { name: 'channels', type: binding.TF_ATTR_INT, value: 3 },
      { name: 'ratio', type: binding.TF_ATTR_INT, value: 1 },
      { name: 'fancy_upscaling', type: binding.TF_ATTR_BOOL, value: true },
      { name: 'try_recover_truncated', type: binding.TF_ATTR_BOOL, value: false },
      { name: 'acceptable_fraction', type: binding.TF_ATTR_FLOAT, value: 1 },
      { name: 'dct_method', type: binding.TF_ATTR_STRING, value: 'INTEGER_ACCURATE' },
    ];
    this.#reshaping = [type('T', binding.TF_UINT8), type('Tshape', binding.TF_INT32)];
    this.#padding = [type('T', binding.TF_UINT8), type('Tpaddings', binding.TF_INT32)];
    this.#casting = [type('T', binding.TF_UINT8), type('type', binding.TF_INT32)];
  }

  /**
   * Decodes a file, or a window of its picture.
   *
   * @returns the size of what was written to `target`; undefined, and nothing written, where the decoder refuses the file
   */
  decode(bytes: Uint8Array, window: PixelWindow | undefined, target: PixelTarget): Size | undefined {
    const pixels = this.#decodeToTensor(bytes, window);
    if (pixels === undefined) return undefined;
    const [height, width] = pixels.shape as [number, number];
    const words = this.#readBytes(pixels);
    target(width, height).set(new Uint8Array(words.buffer, words.byteOffset, width * height * 3));
    return { width, height };
  }

  #decodeToTensor(bytes: Uint8Array, window: PixelWindow | undefined): OpOutput | undefined {
    const binding = this.#binding;
    const inputs = [binding.createTensor([], binding.TF_STRING, [bytes])];
    if (window !== undefined) {
      inputs.push(this.#integers([window.y, window.x, window.height, window.width]));
    }
    const name = window === undefined ? 'DecodeJpeg' : 'DecodeAndCropJpeg';
    try {
      return binding.executeOp(name, [...this.#decoding], inputs, 1)[0];
    } catch {
      // The caller has another decoder, which says better what is wrong with the file.
      return undefined;
    } finally {
      for (const input of inputs) binding.deleteTensor(input);
    }
  }

  /** The bytes of a tensor, which goes. The binding cannot read bytes, so four at a time are taken for an integer. */
  #readBytes(pixels: OpOutput): Int32Array {
    const length = pixels.shape.reduce((product, side) => product * side, 1);
    const words = Math.ceil(length / 4);
    let current = pixels.id;
    if (length % 4 !== 0) {
      current = this.#replace('Reshape', this.#reshaping, current, this.#integers([-1]));
      current = this.#replace('Pad', this.#padding, current, this.#integers([0, 4 * words - length], [1, 2]));
    }
    current = this.#replace('Reshape', this.#reshaping, current, this.#integers([words, 4]));
    current = this.#replace('Bitcast', this.#casting, current);
    const values = this.#binding.tensorDataSync(current);
    this.#binding.deleteTensor(current);
    return values;
  }

  /** The output of an operation, whose inputs go. */
  #replace(name: string, attributes: readonly OpAttribute[], ...inputs: number[]): number {
    const [output] = this.#binding.executeOp(name, [...attributes], inputs, 1);
    for (const input of inputs) this.#binding.deleteTensor(input);
    return output!.id;
  }

  #integers(values: readonly number[], shape: number[] = [values.length]): number {
    return this.#binding.createTensor(shape, this.#binding.TF_INT32, Int32Array.from(values));
  }
}

function loadBinding(packageDirectory: string): Binding {
  const file = join(packageDirectory, BINDING);
  try {
    return createRequire(import.meta.url)(file) as Binding;
  } catch (cause) {
    throw new SceneError({
      code: 'NATIVE_LIBRARY_UNUSABLE',
      expected: 'the folder of @tensorflow/tfjs-node or tfjs-node-gpu with its native library',
      found: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
      where: file,
      fix: 'Pass what findNative() of @ssl-scene/native finds, or leave the option out: sharp decodes then.',
      cause,
    });
  }
}
