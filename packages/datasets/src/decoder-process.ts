/**
 * The program of the child process that decodes pictures: it answers one request after the other, and is killed from outside
 * where one takes too long.
 */
import { decodeImage } from './decode-image.ts';
import { isImageFault } from './image-fault.ts';
import type { DecodeAnswer, DecodeRequest } from './isolated-decoder.ts';
import { loadSharp } from './sharp-module.ts';

async function answer(request: DecodeRequest): Promise<DecodeAnswer> {
  try {
    return { raster: await decodeImage(request.bytes, request.options, request.where) };
  } catch (error) {
    if (isImageFault(error)) {
      const { code, expected, found, where, fix } = error;
      return { fault: { code, expected, found, where, fix } };
    }
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', async (request: DecodeRequest) => {
  const reply = await answer(request);
  process.send?.(reply);
});

process.on('disconnect', () => process.exit());

// The time limit of the first picture must not include the loading of sharp.
loadSharp().then(
  () => process.send?.({ ready: true }),
  (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
);
