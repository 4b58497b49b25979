import { basename, join } from 'node:path';
import { type CocoSegmentation, decodeMask, maskArea, segmentationToMask } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { readDataFile, requireFolder } from './data-path.ts';
import type { CocoSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
import { pictureFiles } from './picture-files.ts';

/** A category of the file; its label is its place by ascending id, because the ids have gaps. */
interface Category {
  readonly id: number;
  readonly name: string;
}

interface Photo extends ImageSize {
  readonly fileName: string;
  readonly boxes: LabelledBox[];
  /** What the file says of the outline of each object; undefined where it says nothing. */
  readonly outlines: (CocoSegmentation | undefined)[];
}

/** The mask names an object by a byte, of which 0 and 255 are taken. */
const MOST_OBJECTS = 254;

/**
 * Opens photos with COCO annotations. Images are ordered by ascending id; those without objects are part of the data set. Boxes
 * keep the file's order and coordinates (pixels, not rounded), crowds marked; an annotation without a box or with one that has
 * no area is left out and counted in `warnings`. Masks come from polygons, from runs of either kind, and where there is neither
 * from the box; where objects overlap, the smaller one is in front. `label` is -1; `labels` lists the classes of the objects that are no crowd.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with the place in the file
 */
export function openCoco(source: CocoSource): ImageDataset {
  requireFolder(source.images);
  const file = source.annotations;
  const json = parseJson(file);
  const categories = list(json, 'categories', file).map((item, i) => readCategory(item, `categories[${i}]`, file));
  categories.sort((a, b) => a.id - b.id);
  const { photos, dropped } = readPhotos(json, categories, file);
  if (photos.length === 0) throw badAnnotation(file, 'images', 'at least one image', []);

  const name = basename(file, '.json');
  const photo = (index: number): Photo => {
    checkIndex(index, photos.length, name);
    return photos[index]!;
  };
  const ids = photos.map(({ fileName }) => fileName);
  return {
    ...pictureFiles(name, ids, (index) => join(source.images, ids[index]!), source.decode),
    name,
    source,
    classNames: categories.map((category) => category.name),
    warnings: dropped === 0 ? [] : [`${dropped} annotations without a box of some area were left out.`],
    label(index: number): number {
      photo(index);
      return -1;
    },
    labels(index: number): readonly number[] {
      const labels = photo(index)
        .boxes.filter((box) => box.crowd !== true)
        .map((box) => box.label);
      return [...new Set(labels)].sort((a, b) => a - b);
    },
    size: (index: number) => ({ width: photo(index).width, height: photo(index).height }),
    boxes: (index: number) => photo(index).boxes,
    mask: (index: number) => paintMask(photo(index), file),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(file: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readDataFile(file)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badAnnotation(file, 'the whole file', 'JSON', error.message);
  }
  return object(json, 'the whole file', file);
}

function readCategory(item: unknown, place: string, file: string): Category {
  const { id, name } = object(item, place, file);
  return { id: number(id, `${place}.id`, file), name: text(name, `${place}.name`, file) };
}

function readPhotos(json: Json, categories: readonly Category[], file: string): { photos: Photo[]; dropped: number } {
  const labels = new Map(categories.map(({ id }, label) => [id, label]));
  const byId = new Map<number, Photo>();
  for (const [i, item] of list(json, 'images', file).entries()) {
    const place = `images[${i}]`;
    const { id, file_name, width, height } = object(item, place, file);
    byId.set(number(id, `${place}.id`, file), {
      fileName: text(file_name, `${place}.file_name`, file),
      width: number(width, `${place}.width`, file),
      height: number(height, `${place}.height`, file),
      boxes: [],
      outlines: [],
    });
  }
  let dropped = 0;
  // The files of images without published annotations lack the list.
  const annotations = json.annotations === undefined ? [] : list(json, 'annotations', file);
  for (const [i, item] of annotations.entries()) {
    const place = `annotations[${i}]`;
    const annotation = object(item, place, file);
    const photo = byId.get(number(annotation.image_id, `${place}.image_id`, file));
    if (photo === undefined) throw badAnnotation(file, `${place}.image_id`, 'the id of an image', annotation.image_id);
    const box = readBox(annotation, labels, place, file);
    if (box === undefined) {
      dropped++;
      continue;
    }
    photo.boxes.push(box);
    photo.outlines.push((annotation.segmentation ?? undefined) as CocoSegmentation | undefined);
  }
  const photos = [...byId].sort(([a], [b]) => a - b).map(([, photo]) => photo);
  return { photos, dropped };
}

function paintMask({ fileName, width, height, boxes, outlines }: Photo, file: string): ObjectMask {
  if (boxes.length > MOST_OBJECTS) {
    throw badAnnotation(file, `the objects of ${fileName}`, `at most ${MOST_OBJECTS} objects for a mask`, boxes.length);
  }
  const masks = boxes.map(({ x0, y0, x1, y1 }, i) =>
    segmentationToMask(outlines[i], width, height, [x0, y0, x1 - x0, y1 - y0]),
  );
  const byArea = masks.map((mask, i) => ({ mask, owner: i + 1, area: maskArea(mask) })).sort((a, b) => b.area - a.area);
  const data = new Uint8Array(width * height);
  for (const { mask, owner } of byArea) {
    const pixels = decodeMask(mask).data;
    for (let i = 0; i < data.length; i++) if (pixels[i] === 1) data[i] = owner;
  }
  return { width, height, data };
}

/** The box of an annotation, or undefined where it has none or one without area. */
function readBox(
  annotation: Json,
  labels: ReadonlyMap<number, number>,
  place: string,
  file: string,
): LabelledBox | undefined {
  const label = labels.get(number(annotation.category_id, `${place}.category_id`, file));
  if (label === undefined) {
    throw badAnnotation(file, `${place}.category_id`, 'the id of a category', annotation.category_id);
  }
  if (annotation.bbox === undefined || annotation.bbox === null) return undefined;
  const sides = annotation.bbox;
  if (!Array.isArray(sides) || sides.length !== 4)
    throw badAnnotation(file, `${place}.bbox`, '[x, y, width, height]', sides);
  const [x, y, width, height] = sides.map((side, k) => number(side, `${place}.bbox[${k}]`, file));
  if (!(width! > 0 && height! > 0)) return undefined;
  const box = { x0: x!, y0: y!, x1: x! + width!, y1: y! + height!, label };
  return annotation.iscrowd === 1 || annotation.iscrowd === true ? { ...box, crowd: true } : box;
}

function object(value: unknown, place: string, file: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw badAnnotation(file, place, 'an object', value);
}

function list(json: Json, key: string, file: string): readonly unknown[] {
  const value = json[key];
  if (Array.isArray(value)) return value;
  throw badAnnotation(file, key, 'a list', value);
}

function number(value: unknown, place: string, file: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badAnnotation(file, place, 'a number', value);
}

function text(value: unknown, place: string, file: string): string {
  if (typeof value === 'string') return value;
  throw badAnnotation(file, place, 'a text', value);
}
