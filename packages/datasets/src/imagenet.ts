import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { compareCodePoints } from './code-point-order.ts';
import { readDataFile, readLines, requireFolder } from './data-path.ts';
import type { ImagenetSource } from './dataset-source.ts';
import { scanFolder } from './folder-scan.ts';
import type { ImageDataset, LabelledBox } from './image-dataset.ts';
import { IMAGENET_100, IMAGENET_200 } from './imagenet-subsets.ts';
import { pictureFiles } from './picture-files.ts';
import { xmlElement, xmlElements, xmlNumber } from './xml-element.ts';

const EXTENSIONS = ['.jpeg', '.jpg', '.png'];

/** Where the parts of a copy of ImageNet are. */
interface Layout {
  /** Folder of the images of the split. */
  readonly images: string;
  /** Folder of the XML files of the split; need not exist. */
  readonly annotations: string;
  /** Folders in which tables (names of the classes, labels of the validation images) may be. */
  readonly tables: readonly string[];
}

interface Picture {
  /** Path below the folder of the split. */
  readonly id: string;
  /** WordNet id of the class; undefined where it is unknown. */
  readonly wnid: string | undefined;
}

/**
 * Opens ImageNet (ILSVRC 2012) in the layout of its archives and of Kaggle (`Data/CLS-LOC/train/<wnid>`, flat `val` and `test`,
 * `Annotations/CLS-LOC`), or as torchvision lays it out (`train/<wnid>`, `val/<wnid>`). Labels are places of WordNet ids, in
 * code-point order or as `classes` lists them. Flat validation images get their classes from `LOC_val_solution.csv`, or from
 * their annotations. Boxes are read when they are asked for; most training images have none.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `EMPTY_DATASET`, `UNKNOWN_CLASS`, `BAD_ANNOTATION` with file and place
 */
export function openImagenet(source: ImagenetSource): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const split = source.split ?? 'train';
  const layout = findLayout(root, split);
  const scan = scanFolder(layout.images, EXTENSIONS);
  const words = readWords(layout.tables);
  const all = allClasses(root, words, split === 'train' ? scan.topFolders : undefined);
  const chosen = chosenClasses(source.classes, all, root);
  const numbering = source.numbering === 'whole' ? all : chosen;
  const labelOf = new Map(numbering.map((wnid, label) => [wnid, label]));

  const pictures = choosePictures(withClasses(scan.files, layout, split), source, new Set(chosen));
  if (pictures.length === 0) throw emptySplit(layout.images, split);
  const name = `ImageNet ${split}`;
  const ids = pictures.map(({ id }) => id);
  const labels = Int32Array.from(pictures, ({ wnid }) => labelOf.get(wnid ?? '') ?? -1);
  const files = pictureFiles(name, ids, (index) => join(layout.images, ids[index]!), source.decode);
  return {
    ...files,
    name,
    source: { ...source, root },
    classNames: numbering.map((wnid) => words.get(wnid) ?? wnid),
    warnings: source.classes === undefined ? [] : [numberingNote(chosen.length, all.length, source.numbering)],
    label(index: number): number {
      checkIndex(index, ids.length, name);
      return labels[index]!;
    },
    boxes: (index: number) => readBoxes(join(layout.annotations, withoutExtension(files.id(index))), labelOf),
  };
}

function findLayout(root: string, split: string): Layout {
  for (const base of [root, join(root, 'ILSVRC')]) {
    const images = join(base, 'Data', 'CLS-LOC', split);
    if (!existsSync(images)) continue;
    return { images, annotations: join(base, 'Annotations', 'CLS-LOC', split), tables: [base, resolve(base, '..')] };
  }
  const images = join(root, split);
  requireFolder(images);
  return { images, annotations: join(root, 'Annotations', 'CLS-LOC', split), tables: [root] };
}

/** `n01440764 tench, Tinca tinca`, a class a line; empty where there is no such table. */
function readWords(folders: readonly string[]): ReadonlyMap<string, string> {
  const lines = folders.map((folder) => readLines(join(folder, 'LOC_synset_mapping.txt'))).find(Boolean) ?? [];
  return new Map(
    lines.map((line) => {
      const blank = line.indexOf(' ');
      return blank < 0 ? [line, line] : [line.slice(0, blank), line.slice(blank + 1)];
    }),
  );
}

/** All classes in code-point order: of the table, or else the folders of the training images. */
function allClasses(
  root: string,
  words: ReadonlyMap<string, string>,
  trainFolders: readonly string[] | undefined,
): readonly string[] {
  if (words.size > 0) return [...words.keys()].sort(compareCodePoints);
  if (trainFolders !== undefined) return trainFolders;
  const train = findLayout(root, 'train');
  return scanFolder(train.images, []).topFolders;
}

function chosenClasses(classes: ImagenetSource['classes'], all: readonly string[], root: string): readonly string[] {
  const chosen = classes === 'in-100' ? IMAGENET_100 : classes === 'in-200' ? IMAGENET_200 : (classes ?? all);
  const known = new Set(all);
  const unknown = chosen.filter((wnid) => !known.has(wnid));
  if (unknown.length === 0) return chosen;
  throw new SceneError({
    code: 'UNKNOWN_CLASS',
    expected: `classes among the ${all.length} of this copy`,
    found: `${unknown.length} others, the first of them ${unknown[0]}`,
    where: root,
    fix: 'Correct `classes`, or complete the copy.',
  });
}

function withClasses(files: readonly string[], layout: Layout, split: string): Picture[] {
  const isFlat = files.every((file) => !file.includes('/'));
  if (!isFlat) return files.map((id) => ({ id, wnid: id.split('/', 1)[0] }));
  if (split === 'test') return files.map((id) => ({ id, wnid: undefined }));
  const solution = layout.tables.map((folder) => join(folder, 'LOC_val_solution.csv')).find((file) => existsSync(file));
  const classOf = solution === undefined ? undefined : readSolution(solution);
  return files.map((id) => ({
    id,
    wnid:
      classOf === undefined
        ? classInAnnotation(join(layout.annotations, withoutExtension(id)))
        : classOf.get(withoutExtension(id)),
  }));
}

/** `ImageId,PredictionString`, then `ILSVRC2012_val_00048981,n03995372 85 1 499 272 …`. */
function readSolution(file: string): ReadonlyMap<string, string> {
  const lines = new TextDecoder().decode(readDataFile(file)).trim().split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line, i) => {
      const match = /^([^,]+),(n\d{8})\b/.exec(line);
      if (match === null) throw badAnnotation(file, `line ${i + 2}`, 'an image id, a comma and a class', line);
      return [match[1]!, match[2]!];
    }),
  );
}

function classInAnnotation(path: string): string {
  const file = `${path}.xml`;
  const xml = new TextDecoder().decode(readDataFile(file));
  const name = xmlElement(xmlElements(xml, 'object')[0] ?? '', 'name');
  if (name === undefined) throw badAnnotation(file, 'object 0', 'the name of a class', name);
  return name;
}

function choosePictures(
  pictures: readonly Picture[],
  source: ImagenetSource,
  chosen: ReadonlySet<string>,
): readonly Picture[] {
  const ofClasses =
    source.classes === undefined ? pictures : pictures.filter(({ wnid }) => wnid !== undefined && chosen.has(wnid));
  if (source.imageList === undefined) return ofClasses;
  const listed = readImageNames(source.imageList);
  const present = new Set(ofClasses.map(({ id }) => basename(id)));
  const missing = [...listed].find((name) => !present.has(name));
  if (missing !== undefined) throw badAnnotation(source.imageList, missing, 'images that are there', missing);
  return ofClasses.filter(({ id }) => listed.has(basename(id)));
}

/** The file names of a list: names (`n01440764_10026.JPEG`) or paths, whatever follows behind a blank. */
function readImageNames(file: string): ReadonlySet<string> {
  const lines = new TextDecoder().decode(readDataFile(file)).split(/\r?\n/);
  return new Set(lines.map((line) => basename(line.trim().split(/\s+/)[0]!)).filter((name) => name !== ''));
}

/** ImageNet counts pixels from 0 and stores the last one of a box. */
function readBoxes(path: string, labelOf: ReadonlyMap<string, number>): LabelledBox[] {
  const file = `${path}.xml`;
  if (!existsSync(file)) return [];
  const xml = new TextDecoder().decode(readDataFile(file));
  const [width, height] = [xmlNumber(xml, 'width', file, 'size'), xmlNumber(xml, 'height', file, 'size')];
  return xmlElements(xml, 'object').map((object, i) => {
    const place = `object ${i} (counted from 0)`;
    const edge = (tag: string): number => xmlNumber(object, tag, file, place);
    const box = {
      x0: edge('xmin'),
      y0: edge('ymin'),
      x1: Math.min(width, edge('xmax') + 1),
      y1: Math.min(height, edge('ymax') + 1),
      label: labelOf.get(xmlElement(object, 'name') ?? '') ?? -1,
    };
    if (box.x1 > box.x0 && box.y1 > box.y0) return box;
    throw badAnnotation(file, `${place}, bndbox`, 'a box of some area', xmlElement(object, 'bndbox'));
  });
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^./]+$/, '');
}

function numberingNote(chosen: number, all: number, numbering: 'subset' | 'whole' = 'subset'): string {
  return numbering === 'subset'
    ? `${chosen} of ${all} classes, numbered 0 to ${chosen - 1} in the order of \`classes\`.`
    : `${chosen} of ${all} classes, with their numbers among all of them.`;
}

function emptySplit(where: string, split: string): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: `images of the split "${split}"`,
    found: 'none, or none of the classes asked for',
    where,
    fix: 'Unpack the images there, or correct `classes` and `imageList`.',
  });
}
