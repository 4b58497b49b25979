import { SceneError } from '@ssl-scene/errors';

/** Reading on would be worse than an error: the number of a closed file may by now be that of another. */
export function datasetClosed(where: string): SceneError {
  return new SceneError({
    code: 'DATASET_CLOSED',
    expected: 'an open data set',
    found: 'one that was closed',
    where,
    fix: 'Open it again.',
  });
}
