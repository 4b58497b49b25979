import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { checkIndex } from './check-index.ts';
import { compareCodePoints } from './code-point-order.ts';
import { requireFolder } from './data-path.ts';
import type { ImageFolderSource } from './dataset-source.ts';
import { excludedIds } from './exclusion-list.ts';
import { type FolderScan, scanFolder } from './folder-scan.ts';
import { globPattern } from './glob-pattern.ts';
import type { ImageDataset } from './image-dataset.ts';
import { IMAGE_EXTENSIONS } from './image-format.ts';
import { pictureFiles } from './picture-files.ts';

/**
 * Opens a folder of pictures. The order is that of torchvision's `ImageFolder`: classes by name, then folders, then files, all
 * by code point; class i is the i-th folder below the root, whether it holds pictures or not. Ids are paths relative to the
 * root, with `/`. Decoding follows `ImageDecoder`.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `NOT_A_FOLDER`, `EMPTY_DATASET`, `EMPTY_CLASS` (where these are refused),
 * `UNKNOWN_CLASS`, `DATASET_CHANGED` (where the source tells a digest and the folder has another)
 */
export function openImageFolder(source: ImageFolderSource): ImageDataset {
  const roots = [source.root].flat().map((root) => resolve(root));
  const extensions = source.extensions ?? IMAGE_EXTENSIONS;
  const scans = roots.map((root) => {
    requireFolder(root);
    return scanFolder(root, extensions);
  });
  const hasSeveralRoots = roots.length > 1;
  const found = hasSeveralRoots
    ? scans.flatMap(({ files }, root) => files.map((path) => `${root}:${path}`))
    : scans[0]!.files;
  const ids = found.filter(idFilter(source, hasSeveralRoots));
  const where = roots.join(', ');
  if (ids.length === 0) throw emptyFolder(where, extensions, scans);
  const digest = digestOf(ids);
  if (source.digest !== undefined && source.digest !== digest) throw changedFolder(where, ids.length);

  const folders = [...new Set(scans.flatMap(({ topFolders }) => topFolders))].sort(compareCodePoints);
  const classNames = hasClassFolders(source, ids) ? chosenClasses(source.classNames, folders, where) : undefined;
  const labels = labelsOf(ids, classNames, hasSeveralRoots);
  const present = new Set(labels);
  const emptyClasses = (classNames ?? []).filter((_, label) => !present.has(label));
  if (emptyClasses.length > 0 && source.emptyClasses === 'refuse') throw refuseEmptyClasses(where, emptyClasses);

  const name = roots.map((root) => basename(root)).join(' + ');
  return {
    ...pictureFiles(name, ids, (index) => pathOf(ids[index]!, roots), source.decode),
    name,
    source: { ...source, root: Array.isArray(source.root) ? roots : roots[0]!, digest },
    ...(classNames === undefined ? {} : { classNames }),
    warnings: warningsOf(scans, source.classNames === undefined ? (classNames ?? []) : [], emptyClasses),
    label(index: number): number {
      checkIndex(index, ids.length, name);
      return labels[index]!;
    },
  };
}

/** The file of an id. Paths are made when they are asked for: a million of them would fill memory. */
function pathOf(id: string, roots: readonly string[]): string {
  if (roots.length === 1) return join(roots[0]!, id);
  return join(roots[Number.parseInt(id, 10)]!, pathBelowRoot(id, true));
}

/** Of several roots, each puts its number and a colon before its paths. */
function pathBelowRoot(id: string, hasSeveralRoots: boolean): string {
  return hasSeveralRoots ? id.slice(id.indexOf(':') + 1) : id;
}

/** The first folder below the root; undefined where a picture lies in the root itself. */
function topFolderOf(path: string): string | undefined {
  const slash = path.indexOf('/');
  return slash > 0 ? path.slice(0, slash) : undefined;
}

/** Whether a picture counts, by its id and its class. */
function idFilter(source: ImageFolderSource, hasSeveralRoots: boolean): (id: string) => boolean {
  const excluded = excludedIds(source);
  const patterns = source.include?.map(globPattern);
  const classes = source.classNames === undefined ? undefined : new Set<string | undefined>(source.classNames);
  return (id) => {
    if (excluded.has(id)) return false;
    const path = pathBelowRoot(id, hasSeveralRoots);
    if (classes !== undefined && !classes.has(topFolderOf(path))) return false;
    return patterns?.some((pattern) => pattern.test(path)) ?? true;
  };
}

function digestOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 32);
}

function hasClassFolders({ classes = 'auto' }: ImageFolderSource, ids: readonly string[]): boolean {
  // A number and a colon before a path make no difference here.
  if (classes === 'auto') return ids.every((id) => id.includes('/'));
  return classes === 'folders';
}

function chosenClasses(
  chosen: readonly string[] | undefined,
  folders: readonly string[],
  where: string,
): readonly string[] {
  const unknown = chosen?.filter((name) => !folders.includes(name)) ?? [];
  if (unknown.length === 0) return chosen ?? folders;
  throw new SceneError({
    code: 'UNKNOWN_CLASS',
    expected: `classes that have a folder: ${listed(folders)}`,
    found: listed(unknown),
    where,
    fix: 'Correct `classNames`, or add the folders.',
  });
}

function labelsOf(
  ids: readonly string[],
  classNames: readonly string[] | undefined,
  hasSeveralRoots: boolean,
): Int32Array {
  const labelOf = new Map<string | undefined, number>(classNames?.map((name, label) => [name, label]));
  return Int32Array.from(ids, (id) => labelOf.get(topFolderOf(pathBelowRoot(id, hasSeveralRoots))) ?? -1);
}

function warningsOf(
  scans: readonly FolderScan[],
  sortedNames: readonly string[],
  emptyClasses: readonly string[],
): string[] {
  const warnings: string[] = [];
  if (sortedNames.length > 1 && sortedNames.every((name) => /^\d+$/.test(name))) {
    const inOrder = sortedNames.every((name, i) => i === 0 || Number(sortedNames[i - 1]) < Number(name));
    if (!inOrder) {
      warnings.push(
        `The class folders are numbers and are sorted as text: label 0 is "${sortedNames[0]}", label 1 "${sortedNames[1]}" …, label ${sortedNames.length - 1} "${sortedNames.at(-1)}". Pad them with zeros, or list them in \`classNames\`, if the numbers are to be the labels.`,
      );
    }
  }
  if (emptyClasses.length > 0) {
    warnings.push(
      `${emptyClasses.length} class folders hold no picture and keep their label: ${listed(emptyClasses)}.`,
    );
  }
  const others = [...leftOutOf(scans)].map(
    ([extension, count]) => `${count} × ${extension === '' ? 'no extension' : extension}`,
  );
  if (others.length > 0) warnings.push(`Files without the extension of a picture were left out: ${listed(others)}.`);
  return warnings;
}

/** Number of files left out by their extension. */
function leftOutOf(scans: readonly FolderScan[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [extension, count] of scans.flatMap(({ leftOut }) => [...leftOut])) {
    sums.set(extension, (sums.get(extension) ?? 0) + count);
  }
  return sums;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 10).join(', ');
  return items.length > 10 ? `${shown} and ${items.length - 10} more` : shown;
}

function emptyFolder(where: string, extensions: readonly string[], scans: readonly FolderScan[]): SceneError {
  const others = [...leftOutOf(scans).values()].reduce((sum, count) => sum + count, 0);
  const pictures = scans.reduce((sum, { files }) => sum + files.length, 0);
  const found = others === 0 ? 'no file' : `${others} other files, none of them a picture by its name`;
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: `at least one file named ${extensions.join(', ')}`,
    found: pictures === 0 ? found : `${pictures} pictures, all left out by \`include\`, \`exclude\` or \`classNames\``,
    where,
    fix: 'Check the folder, or name your extensions in the option `extensions`.',
  });
}

function changedFolder(where: string, found: number): SceneError {
  return new SceneError({
    code: 'DATASET_CHANGED',
    expected: 'the files that were there when the data set was first opened',
    found: `another list, of ${found} pictures`,
    where,
    fix: 'Restore the folder, or start a new run: an index would name another picture than before.',
  });
}

function refuseEmptyClasses(where: string, emptyClasses: readonly string[]): SceneError {
  return new SceneError({
    code: 'EMPTY_CLASS',
    expected: 'a picture in every class folder',
    found: `none in ${listed(emptyClasses)}`,
    where,
    fix: 'Remove these folders, or allow them with `emptyClasses: "keep"`.',
  });
}
