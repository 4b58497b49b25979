import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { batchNormTrain, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { tensor } from './network.ts';

// Prints how many threads there are, and the bits of a batch norm and its gradients.

async function main(): Promise<void> {
  await useBackend({ backend: 'native' });
  const [x, scale, offset] = [tensor([64, 16, 16, 24], 1), tensor([24], 2), tensor([24], 3)];
  const weights = tensor([64, 16, 16, 24], 4);
  const { loss, grads } = valueAndGrad(
    ({ x, scale, offset }) => ({ loss: tf.sum(tf.mul(batchNormTrain(x!, scale!, offset!).y, weights)) }),
    { x, scale, offset },
  );
  const hash = createHash('sha256');
  for (const values of [loss, ...Object.values(grads)]) hash.update(new Uint8Array(values.dataSync().buffer));
  console.log(`${availableParallelism()} threads: ${hash.digest('hex')}`);
}

void main();
