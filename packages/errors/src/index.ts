export { isSceneError, SceneError, type SceneErrorDetails } from './scene-error.ts';
export { closest } from './suggestion.ts';
