import { readSync } from 'node:fs';
import { SceneError } from '@ssl-scene/errors';

/**
 * Fills `target` from a place in an open file; a read may give less than it was asked for.
 *
 * @throws SceneError `TRUNCATED_RECORD` where the file ends before
 */
export function readInto(descriptor: number, target: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < target.length; ) {
    const count = readSync(descriptor, target, done, target.length - done, position + done);
    if (count === 0) throw endsEarly(path, target.length, position);
    done += count;
  }
}

function endsEarly(path: string, bytes: number, position: number): SceneError {
  return new SceneError({
    code: 'TRUNCATED_RECORD',
    expected: `${bytes} bytes from byte ${position} on`,
    found: 'a file that ends before',
    where: path,
    fix: 'Fetch or make the file again.',
  });
}
