/** Scenes a second on one core: `tsx --conditions=@ssl-scene/source bench/speed.ts`. Best of five passes. */
import { openSyntheticScenes, type SyntheticSceneOptions } from '@ssl-scene/synthetic-scenes';

const CASES: readonly [string, SyntheticSceneOptions, number][] = [
  ['64 px, 2 to 4 objects', {}, 400],
  ['64 px, single object', { split: 'single-object' }, 400],
  ['224 px, 2 to 4 objects', { size: 224 }, 60],
];

for (const [name, options, count] of CASES) {
  const scenes = await openSyntheticScenes(options);
  const rates = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) scenes.pixels(i);
    return count / ((performance.now() - start) / 1000);
  });
  console.log(`${name}: ${Math.round(Math.max(...rates))} scenes/s`);
}
