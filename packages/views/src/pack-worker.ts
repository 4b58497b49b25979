import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isImageFault, openDataset } from '@ssl-scene/datasets';
import { ImagePacker } from './image-packer.ts';
import type { PackMessage, PackSettings } from './pack-message.ts';
import { plainError } from './worker-message.ts';

// Entry of the packing threads: each index that comes is answered with its image.

async function serve(port: MessagePort, settings: PackSettings): Promise<void> {
  const send = (message: PackMessage, memory: ArrayBuffer[] = []): void => port.postMessage(message, memory);
  try {
    const packer = new ImagePacker(await openDataset(settings.source), settings);
    port.on('message', async (index: number) => {
      const message = await answer(packer, index);
      send(message, message.kind === 'packed' ? [message.image.data.buffer as ArrayBuffer] : []);
    });
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'failed', error: plainError(error) });
  }
}

async function answer(packer: ImagePacker, index: number): Promise<PackMessage> {
  try {
    return { kind: 'packed', image: await packer.pack(index) };
  } catch (error) {
    if (!isImageFault(error)) return { kind: 'failed', error: plainError(error) };
    const { code, expected, found, where, fix } = error;
    return { kind: 'bad', fault: { code, expected, found, where, fix } };
  }
}

void serve(parentPort!, workerData as PackSettings);
