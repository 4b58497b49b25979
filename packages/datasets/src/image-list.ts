import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { compareCodePoints } from './code-point-order.ts';
import { readDataFile } from './data-path.ts';
import type { ImageListSource } from './dataset-source.ts';
import { excludedIds } from './exclusion-list.ts';
import type { ImageDataset } from './image-dataset.ts';
import { pictureFiles } from './picture-files.ts';

interface ListedImage {
  readonly id: string;
  /** As the list gives it; undefined where it gives none. */
  readonly label: string | undefined;
  /** Place in `lists`. */
  readonly list: number;
  /** For errors; counted from 1. */
  readonly line: number;
}

/**
 * Opens the picture files that text files name. A line is a path, or a path and a label behind a tab or (where the label is a
 * whole number) a blank; empty lines are skipped. Files are not looked for until they are read, so that one that is missing is
 * a bad picture like others.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `EMPTY_DATASET`, `BAD_ANNOTATION` with file and line
 */
export function openImageList(source: ImageListSource): ImageDataset {
  const lists = source.lists.map((file) => resolve(file));
  const root = source.root === undefined ? undefined : resolve(source.root);
  const excluded = excludedIds(source);
  const images = readLists(lists, source.labels ?? 'auto').filter(({ id }) => !excluded.has(id));
  if (images.length === 0) throw emptyList(lists);
  const classNames = source.classNames ?? wordsAsClasses(images);
  const labels = labelsOf(images, classNames, lists);

  const name = lists.map((file) => basename(file)).join(' + ');
  // Lists may have millions of lines, of which no more than this is kept.
  const ids = images.map(({ id }) => id);
  const listOf = Uint32Array.from(images, ({ list }) => list);
  const pathOf = (index: number): string => {
    const id = ids[index]!;
    // Below a root, a leading slash means that root, as Places365 writes it.
    return isAbsolute(id) && root === undefined ? id : join(root ?? dirname(lists[listOf[index]!]!), id);
  };
  return {
    ...pictureFiles(name, ids, pathOf, source.decode),
    name,
    source: { ...source, lists, ...(root === undefined ? {} : { root }) },
    ...(classNames === undefined ? {} : { classNames }),
    label(index: number): number {
      checkIndex(index, ids.length, name);
      return labels[index]!;
    },
  };
}

function readLists(lists: readonly string[], labels: 'auto' | 'none' | 'required'): ListedImage[] {
  const lines = lists.flatMap(readListLines);
  const isLabelled =
    labels === 'required' || (labels === 'auto' && lines.every(({ text }) => splitLabel(text) !== undefined));
  return lines.map(({ text, list, line }) => {
    const split = isLabelled ? splitLabel(text) : { path: text, label: undefined };
    if (split === undefined) throw badAnnotation(lists[list]!, `line ${line}`, 'a path and a label', text);
    return { id: split.path, label: split.label, list, line };
  });
}

function readListLines(file: string, list: number): { text: string; list: number; line: number }[] {
  const text = new TextDecoder().decode(readDataFile(file));
  if (text.includes('\0'))
    throw badAnnotation(file, 'the whole file', 'a text file of paths, one a line', 'binary data');
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, i) => ({ text: content.trim(), list, line: i + 1 }))
    .filter((item) => item.text !== '');
}

function splitLabel(line: string): { path: string; label: string } | undefined {
  const tab = line.indexOf('\t');
  if (tab > 0) return { path: line.slice(0, tab).trimEnd(), label: line.slice(tab + 1).trim() };
  const match = /^(.*\S)\s+(-?\d+)$/.exec(line);
  return match === null ? undefined : { path: match[1]!, label: match[2]! };
}

function wordsAsClasses(images: readonly ListedImage[]): readonly string[] | undefined {
  const labels = new Set(images.flatMap(({ label }) => (label === undefined ? [] : [label])));
  const areNumbers = [...labels].every((label) => /^-?\d+$/.test(label));
  return areNumbers ? undefined : [...labels].sort(compareCodePoints);
}

function labelsOf(
  images: readonly ListedImage[],
  classNames: readonly string[] | undefined,
  lists: readonly string[],
): Int32Array {
  const labelOf = new Map(classNames?.map((name, label) => [name, label]));
  return Int32Array.from(images, ({ label, list, line }) => {
    if (label === undefined) return -1;
    const known = labelOf.get(label);
    if (known !== undefined) return known;
    const number = /^-?\d+$/.test(label) ? Number(label) : Number.NaN;
    if (number >= -1 && number < (classNames?.length ?? 2 ** 31)) return number;
    const expected =
      classNames === undefined ? 'a label from -1 to 2^31 - 1' : `one of the ${classNames.length} classes`;
    throw badAnnotation(lists[list]!, `line ${line}`, expected, label);
  });
}

function emptyList(lists: readonly string[]): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: 'at least one path',
    found: 'none, or none that is not excluded',
    where: lists.length === 0 ? 'an empty list of lists' : lists.join(', '),
    fix: 'Check the list.',
  });
}
