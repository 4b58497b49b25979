export type { ResolvedSceneOptions, SyntheticSceneOptions } from './scene-options.ts';
export { type SceneStatistics, sceneStatistics } from './scene-statistics.ts';
export { type CatalogEntry, SPRITE_CATALOG } from './sprite-catalog.ts';
export { openSyntheticScenes, type SyntheticScenes } from './synthetic-scenes.ts';
