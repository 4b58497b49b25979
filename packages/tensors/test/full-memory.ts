import { conv2d, currentBackend, tf, useBackend } from '@ssl-scene/tensors';

// Prints what becomes of operations for which WebAssembly finds no memory, one line for each. A stand-in for the limit of
// 4 GiB, at a quarter of a GiB: of this process, which is why it is one of its own.

const LIMIT = 2 ** 28;
const PAGE = 2 ** 16;

const OPERATIONS: Readonly<Record<string, () => tf.Tensor>> = {
  'a tensor of values': () => tf.tensor1d(new Float32Array(2 ** 24)),
  'the result of a sum': () => tf.add(tf.ones([2 ** 12, 1]), tf.ones([1, 2 ** 13])),
  // It asks for room of its own, beyond the result's.
  'a convolution': () => conv2d(tf.zeros([1, 1024, 1024, 8]), tf.zeros([3, 3, 8, 2])),
  'a small tensor': () => tf.tensor1d([1, 2, 3]),
};

async function main(): Promise<void> {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE > LIMIT) throw new RangeError('as full as this test lets it become');
    return grow.call(this, pages);
  };
  await useBackend({ backend: 'wasm' });
  for (const [name, make] of Object.entries(OPERATIONS)) {
    const made: tf.Tensor[] = [];
    try {
      while (made.length < 10_000) made.push(make());
      console.log(`${name}: fits`);
    } catch (error) {
      console.log(`${name}: ${currentBackend()} ${(error as Error).message}`);
    }
    tf.dispose(made);
  }
}

void main();
