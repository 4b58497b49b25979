import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { checkIndex } from './check-index.ts';
import { requireFolder } from './data-path.ts';
import type { ImageFolderSource } from './dataset-source.ts';
import { type FolderScan, scanFolder } from './folder-scan.ts';
import type { ImageDataset } from './image-dataset.ts';
import { IMAGE_EXTENSIONS } from './image-format.ts';
import { pictureFiles } from './picture-files.ts';

/**
 * Opens a folder of pictures. The order is that of torchvision's `ImageFolder`: classes by name, then folders, then files, all
 * by code point; class i is the i-th folder below the root, whether it holds pictures or not. Ids are paths relative to the
 * root, with `/`. Decoding follows `ImageDecoder`.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `NOT_A_FOLDER`, `EMPTY_DATASET`, `EMPTY_CLASS` (where these are refused),
 * `DATASET_CHANGED` (where the source tells a digest and the folder has another)
 */
export function openImageFolder(source: ImageFolderSource): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const extensions = source.extensions ?? IMAGE_EXTENSIONS;
  const scan = scanFolder(root, extensions);
  const excluded = new Set(source.exclude ?? []);
  const ids = scan.files.filter((id) => !excluded.has(id));
  if (ids.length === 0) throw emptyFolder(root, extensions, scan);
  const digest = digestOf(ids);
  if (source.digest !== undefined && source.digest !== digest) throw changedFolder(root, ids.length);

  const classNames = hasClassFolders(source, ids) ? scan.topFolders : undefined;
  const labels = labelsOf(ids, classNames);
  const present = new Set(labels);
  const emptyClasses = (classNames ?? []).filter((_, label) => !present.has(label));
  if (emptyClasses.length > 0 && source.emptyClasses === 'refuse') throw refuseEmptyClasses(root, emptyClasses);

  const name = basename(root);
  return {
    ...pictureFiles(name, ids, (index) => join(root, ids[index]!), source.decode),
    name,
    source: { ...source, root, digest },
    ...(classNames === undefined ? {} : { classNames }),
    warnings: warningsOf(scan, classNames ?? [], emptyClasses),
    label(index: number): number {
      checkIndex(index, ids.length, name);
      return labels[index]!;
    },
  };
}

function digestOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 32);
}

function hasClassFolders({ classes = 'auto' }: ImageFolderSource, ids: readonly string[]): boolean {
  if (classes === 'auto') return ids.every((id) => id.includes('/'));
  return classes === 'folders';
}

function labelsOf(ids: readonly string[], classNames: readonly string[] | undefined): Int32Array {
  const labels = new Int32Array(ids.length).fill(-1);
  if (classNames === undefined) return labels;
  const labelOf = new Map(classNames.map((name, label) => [name, label]));
  for (const [i, id] of ids.entries()) {
    const slash = id.indexOf('/');
    if (slash > 0) labels[i] = labelOf.get(id.slice(0, slash))!;
  }
  return labels;
}

function warningsOf(scan: FolderScan, classNames: readonly string[], emptyClasses: readonly string[]): string[] {
  const warnings: string[] = [];
  if (classNames.length > 1 && classNames.every((name) => /^\d+$/.test(name))) {
    const inOrder = classNames.every((name, i) => i === 0 || Number(classNames[i - 1]) < Number(name));
    if (!inOrder) {
      warnings.push(
        `The class folders are numbers and are sorted as text: label 0 is "${classNames[0]}", label 1 "${classNames[1]}" …, label ${classNames.length - 1} "${classNames.at(-1)}". Pad them with zeros if the numbers are to be the labels.`,
      );
    }
  }
  if (emptyClasses.length > 0) {
    warnings.push(
      `${emptyClasses.length} class folders hold no picture and keep their label: ${listed(emptyClasses)}.`,
    );
  }
  const others = [...scan.leftOut].map(
    ([extension, count]) => `${count} × ${extension === '' ? 'no extension' : extension}`,
  );
  if (others.length > 0) warnings.push(`Files without the extension of a picture were left out: ${listed(others)}.`);
  return warnings;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 10).join(', ');
  return items.length > 10 ? `${shown} and ${items.length - 10} more` : shown;
}

function emptyFolder(root: string, extensions: readonly string[], scan: FolderScan): SceneError {
  const others = [...scan.leftOut.values()].reduce((sum, count) => sum + count, 0);
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: `at least one file named ${extensions.join(', ')}`,
    found: others === 0 ? 'no file' : `${others} other files, none of them a picture by its name`,
    where: root,
    fix: 'Check the folder, or name your extensions in the option `extensions`.',
  });
}

function changedFolder(root: string, found: number): SceneError {
  return new SceneError({
    code: 'DATASET_CHANGED',
    expected: 'the files that were there when the data set was first opened',
    found: `another list, of ${found} pictures`,
    where: root,
    fix: 'Restore the folder, or start a new run: an index would name another picture than before.',
  });
}

function refuseEmptyClasses(root: string, emptyClasses: readonly string[]): SceneError {
  return new SceneError({
    code: 'EMPTY_CLASS',
    expected: 'a picture in every class folder',
    found: `none in ${listed(emptyClasses)}`,
    where: root,
    fix: 'Remove these folders, or allow them with `emptyClasses: "keep"`.',
  });
}
