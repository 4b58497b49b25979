import { SceneError } from '@ssl-scene/errors';

/** What an engine throws when a view is wanted before there is an image. */
export function noSource(): SceneError {
  return new SceneError({
    code: 'NO_SOURCE',
    expected: 'an image in the engine',
    found: 'none',
    where: 'RasterEngine.cropAndResize',
    fix: 'Call source(width, height) and write the pixels to it first.',
  });
}

/** What an engine throws when there is no view to change or to read. */
export function noView(where: string): SceneError {
  return new SceneError({
    code: 'NO_VIEW',
    expected: 'a view in the engine',
    found: 'none since the last source',
    where: `RasterEngine.${where}`,
    fix: 'Call cropAndResize first.',
  });
}
