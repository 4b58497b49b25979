import { SceneError } from '@ssl-scene/errors';

/** @param threads which crashed, for example `packing threads` */
export function crashedTwice(threads: string, where: string, reason: string): SceneError {
  return new SceneError({
    code: 'WORKER_CRASHED',
    expected: `${threads} that survive every image`,
    found: `a thread that crashed twice at the same image: ${reason}`,
    where,
    fix: 'Remove the image, or look at the reason: memory, the decoder, or a plug-in.',
  });
}
