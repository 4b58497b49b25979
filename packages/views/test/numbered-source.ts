import type { DatasetSource } from '@ssl-scene/datasets';

/** The data set of `fixtures/numbered-images.mjs`. */
export function numberedSource(options: object = {}): DatasetSource {
  return { kind: 'plugin', module: new URL('./fixtures/numbered-images.mjs', import.meta.url).href, options };
}
