import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { readDataFile, requireFolder } from './data-path.ts';
import type { VocSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
import { decodePalettePng } from './palette-png.ts';
import { pictureFiles } from './picture-files.ts';
import { withoutXmlComments, xmlElement, xmlElements, xmlNumber } from './xml-element.ts';

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
 * Opens a Pascal VOC folder (`JPEGImages`, `Annotations`, `ImageSets`). Images follow the list of the image set. Boxes are
 * stored as first and last pixel, counted from 1, and become half-open edges from 0. `label` is -1; `labels` lists the classes
 * of the objects that are not difficult. Masks come from `SegmentationObject`, for the images that have one there; the class of
 * each pixel follows by `classMask`.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with file and object
 */
export function openVoc(source: VocSource): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const classNames = source.classes ?? VOC_CLASSES;
  const sets = source.task === 'segmentation' ? 'Segmentation' : 'Main';
  const list = join(root, 'ImageSets', sets, `${source.imageSet ?? 'trainval'}.txt`);
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
    mask(index: number): ObjectMask | undefined {
      const file = join(root, 'SegmentationObject', `${ids[index]!}.png`);
      photo(index);
      return existsSync(file) ? readMask(file, photo(index).boxes.length) : undefined;
    },
  };
}

/** The palette index of a pixel is the number of its object, counted from 1; 255 is the border that nobody judged. */
function readMask(file: string, objects: number): ObjectMask {
  const mask = decodePalettePng(readDataFile(file), file);
  const stranger = mask.data.find((value) => value > objects && value !== 255);
  if (stranger === undefined) return mask;
  throw badAnnotation(file, 'the pixels', `numbers of the ${objects} objects, 0 or 255`, stranger);
}

/** One id a line; the files of a single class have a second column, which is ignored. */
function readImageSet(file: string): string[] {
  const lines = new TextDecoder().decode(readDataFile(file)).split(/\r?\n/);
  const ids = lines.map((line) => line.trim().split(/\s+/)[0]!).filter((id) => id !== '');
  if (ids.length === 0) throw badAnnotation(file, 'the whole file', 'one image id a line', '');
  return ids;
}

function readPhoto(file: string, classNames: readonly string[]): Photo {
  const xml = withoutXmlComments(new TextDecoder().decode(readDataFile(file)));
  const size = xmlElement(xml, 'size') ?? '';
  const objects = xmlElements(xml, 'object');
  return {
    size: { width: xmlNumber(size, 'width', file, 'size'), height: xmlNumber(size, 'height', file, 'size') },
    boxes: objects.map((object, i) => readObject(object, classNames, file, `object ${i} (counted from 0)`)),
  };
}

function readObject(object: string, classNames: readonly string[], file: string, place: string): LabelledBox {
  // Parts of a person (head, hands) have boxes of their own.
  const whole = withoutParts(object);
  const name = xmlElement(whole, 'name');
  const label = classNames.indexOf(name ?? '');
  if (label < 0) throw badAnnotation(file, `${place}, name`, 'one of the classes', name);
  const edges = xmlElement(whole, 'bndbox') ?? '';
  const box = {
    x0: xmlNumber(edges, 'xmin', file, place) - 1,
    y0: xmlNumber(edges, 'ymin', file, place) - 1,
    x1: xmlNumber(edges, 'xmax', file, place),
    y1: xmlNumber(edges, 'ymax', file, place),
    label,
  };
  if (box.x1 <= box.x0 || box.y1 <= box.y0)
    throw badAnnotation(file, `${place}, bndbox`, 'a box of some area', edges.trim());
  return isDifficult(whole, file, place) ? { ...box, difficult: true } : box;
}

function withoutParts(object: string): string {
  return xmlElements(object, 'part').reduce((rest, part) => rest.replace(part, ''), object);
}

function isDifficult(object: string, file: string, place: string): boolean {
  const value = xmlElement(object, 'difficult');
  if (value === undefined || value === '0') return false;
  if (value === '1') return true;
  throw badAnnotation(file, `${place}, difficult`, '0 or 1', value);
}
