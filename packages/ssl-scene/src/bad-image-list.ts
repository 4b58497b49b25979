import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BadImage, exclusionSection } from '@ssl-scene/datasets';

/**
 * Lists images that could not be read in the folder of their run, as a file for `data.excludeLists`. What an earlier part of
 * the run listed stays.
 *
 * @returns path of the list; undefined where there is nothing to list.
 */
export function listBadImages(run: string, images: readonly BadImage[]): string | undefined {
  if (images.length === 0) return undefined;
  const path = join(run, 'bad-images.txt');
  const former = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const reasons = [...new Set(images.map(({ code }) => code))].sort();
  const lines = reasons.flatMap((code) =>
    exclusionSection(
      code,
      images.filter((image) => image.code === code).map(({ id }) => id),
    ),
  );
  const known = new Set(former.filter((line) => !line.startsWith('#')));
  const fresh = lines.filter((line) => line.startsWith('#') || !known.has(line));
  const hasNews = fresh.some((line) => !line.startsWith('#'));
  writeFileSync(path, [...former, ...(hasNews ? fresh : []), ''].join('\n'));
  return path;
}
