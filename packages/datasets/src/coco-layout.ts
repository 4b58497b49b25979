import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { CocoSource, ConcatenatedSource } from './dataset-source.ts';
import type { DecodeOptions } from './decode-options.ts';

export interface CocoLayoutOptions {
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/**
 * A part of a COCO folder as its archives unpack: photos in `<part>` (or `images/<part>`), annotations in
 * `annotations/instances_<part>.json`, or for parts without annotations `image_info_<part>.json`.
 *
 * @param part for example `train2017`
 * @throws SceneError `DATA_NOT_FOUND`
 */
export function cocoSource(root: string, part: string, options: CocoLayoutOptions = {}): CocoSource {
  const folder = resolve(root);
  const images = firstExisting([join(folder, part), join(folder, 'images', part)]);
  const annotations = firstExisting(
    ['instances', 'image_info'].map((kind) => join(folder, 'annotations', `${kind}_${part}.json`)),
  );
  return { kind: 'coco', images, annotations, ...options };
}

/**
 * COCO+, the training set of ORL and others: the 118,287 images of `train2017` and the 123,403 of `unlabeled2017`, one after
 * the other. Give other parts to join these.
 *
 * @throws SceneError `DATA_NOT_FOUND`
 */
export function cocoPlusSource(
  root: string,
  parts: readonly string[] = ['train2017', 'unlabeled2017'],
  options: CocoLayoutOptions = {},
): ConcatenatedSource {
  return { kind: 'concatenated', sources: parts.map((part) => cocoSource(root, part, options)) };
}

function firstExisting(paths: readonly string[]): string {
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new SceneError({
    code: 'DATA_NOT_FOUND',
    expected: paths.join(' or '),
    found: 'neither',
    where: 'a folder of COCO',
    fix: 'Unpack the images and annotations of that part there.',
  });
}
