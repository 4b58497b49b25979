import { join, resolve } from 'node:path';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { readDataFile, requireFolder } from './data-path.ts';
import type { VocSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize, LabelledBox } from './image-dataset.ts';
import { pictureFiles } from './picture-files.ts';

/** The classes of Pascal VOC 2007 to 2012, in the order of its label maps. */
export const VOC_CLASSES: readonly string[] = [
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
];

interface Photo {
  readonly size: ImageSize;
  readonly boxes: readonly LabelledBox[];
}

/**
 * Opens a Pascal VOC folder (`JPEGImages`, `Annotations`, `ImageSets/Main`). Images follow the list of the image set. Boxes
 * are stored as first and last pixel, counted from 1, and become half-open edges from 0. `label` is -1; `labels` lists the
 * classes of the objects that are not difficult.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with file and object
 */
export function openVoc(source: VocSource): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const classNames = source.classes ?? VOC_CLASSES;
  const list = join(root, 'ImageSets', 'Main', `${source.imageSet ?? 'trainval'}.txt`);
  const ids = readImageSet(list);
  const name = `VOC ${source.imageSet ?? 'trainval'}`;
  const photos = ids.map((id) => readPhoto(join(root, 'Annotations', `${id}.xml`), classNames));
  const photo = (index: number): Photo => {
    checkIndex(index, ids.length, name);
    return photos[index]!;
  };
  return {
    ...pictureFiles(name, ids, (index) => join(root, 'JPEGImages', `${ids[index]!}.jpg`), source.decode),
    name,
    source: { ...source, root },
    classNames,
    label(index: number): number {
      photo(index);
      return -1;
    },
    labels(index: number): readonly number[] {
      const labels = photo(index)
        .boxes.filter((box) => box.difficult !== true)
        .map((box) => box.label);
      return [...new Set(labels)].sort((a, b) => a - b);
    },
    size: (index: number) => photo(index).size,
    boxes: (index: number) => photo(index).boxes,
  };
}

/** One id a line; the files of a single class have a second column, which is ignored. */
function readImageSet(file: string): string[] {
  const lines = new TextDecoder().decode(readDataFile(file)).split(/\r?\n/);
  const ids = lines.map((line) => line.trim().split(/\s+/)[0]!).filter((id) => id !== '');
  if (ids.length === 0) throw badAnnotation(file, 'the whole file', 'one image id a line', '');
  return ids;
}

function readPhoto(file: string, classNames: readonly string[]): Photo {
  const xml = new TextDecoder().decode(readDataFile(file)).replace(/<!--.*?-->/gs, '');
  const size = element(xml, 'size') ?? '';
  const objects = [...xml.matchAll(/<object>(.*?)<\/object>/gs)];
  return {
    size: { width: number(size, 'width', file, 'size'), height: number(size, 'height', file, 'size') },
    boxes: objects.map(([, object], i) => readObject(object!, classNames, file, `object ${i} (counted from 0)`)),
  };
}

function readObject(object: string, classNames: readonly string[], file: string, place: string): LabelledBox {
  // Parts of a person (head, hands) have boxes of their own.
  const whole = object.replace(/<part>.*?<\/part>/gs, '');
  const name = element(whole, 'name');
  const label = classNames.indexOf(name ?? '');
  if (label < 0) throw badAnnotation(file, `${place}, name`, 'one of the classes', name);
  const edges = element(whole, 'bndbox') ?? '';
  const box = {
    x0: number(edges, 'xmin', file, place) - 1,
    y0: number(edges, 'ymin', file, place) - 1,
    x1: number(edges, 'xmax', file, place),
    y1: number(edges, 'ymax', file, place),
    label,
  };
  if (box.x1 <= box.x0 || box.y1 <= box.y0)
    throw badAnnotation(file, `${place}, bndbox`, 'a box of some area', edges.trim());
  return isDifficult(whole, file, place) ? { ...box, difficult: true } : box;
}

function isDifficult(object: string, file: string, place: string): boolean {
  const value = element(object, 'difficult');
  if (value === undefined || value === '0') return false;
  if (value === '1') return true;
  throw badAnnotation(file, `${place}, difficult`, '0 or 1', value);
}

function number(xml: string, tag: string, file: string, place: string): number {
  const value = element(xml, tag);
  const parsed = Number(value);
  if (value !== undefined && value !== '' && Number.isFinite(parsed)) return parsed;
  throw badAnnotation(file, `${place}, ${tag}`, 'a number', value);
}

/** Text of the first element of that name. VOC's files have neither attributes nor entities. */
function element(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1]?.trim();
}
