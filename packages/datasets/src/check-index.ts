import { SceneError } from '@ssl-scene/errors';

/** Throws unless `index` is an integer from 0 to `length - 1`. */
export function checkIndex(index: number, length: number, name: string): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new SceneError({
    code: 'INDEX_OUT_OF_RANGE',
    expected: `an integer from 0 to ${length - 1}`,
    found: String(index),
    where: name,
    fix: 'Ask for an index of the data set.',
  });
}
