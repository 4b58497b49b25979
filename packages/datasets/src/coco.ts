import { basename, join } from 'node:path';
import { decodeMask, maskArea } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { type CocoOutline, outlineMask } from './coco-outline.ts';
import { requireFolder } from './data-path.ts';
import type { CocoSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
import { type JsonObject, jsonList, jsonNumber, jsonObject, jsonText, readJsonFile } from './json-value.ts';
import { pictureFiles } from './picture-files.ts';

/** A category of the file; its label is its place by ascending id, because the ids have gaps. */
interface Category {
  readonly id: number;
  readonly name: string;
}

interface Photo extends ImageSize {
  readonly fileName: string;
  readonly boxes: LabelledBox[];
  /** What the file says of the outline of each object. */
  readonly outlines: CocoOutline[];
}

/** The mask names an object by a byte, of which 0 and 255 are taken. */
const MOST_OBJECTS = 254;

/** A wrong size in the file must not ask for all memory. */
const LARGEST_MASK = 100_000_000;

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
  const json = readJsonFile(file);
  const categories = jsonList(json, 'categories', file).map((item, i) => readCategory(item, `categories[${i}]`, file));
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

function readCategory(item: unknown, place: string, file: string): Category {
  const { id, name } = jsonObject(item, place, file);
  return { id: jsonNumber(id, `${place}.id`, file), name: jsonText(name, `${place}.name`, file) };
}

function readPhotos(
  json: JsonObject,
  categories: readonly Category[],
  file: string,
): { photos: Photo[]; dropped: number } {
  const labels = new Map(categories.map(({ id }, label) => [id, label]));
  const byId = new Map<number, Photo>();
  for (const [i, item] of jsonList(json, 'images', file).entries()) {
    const place = `images[${i}]`;
    const { id, file_name, width, height } = jsonObject(item, place, file);
    byId.set(jsonNumber(id, `${place}.id`, file), {
      fileName: jsonText(file_name, `${place}.file_name`, file),
      width: jsonNumber(width, `${place}.width`, file),
      height: jsonNumber(height, `${place}.height`, file),
      boxes: [],
      outlines: [],
    });
  }
  let dropped = 0;
  // The files of images without published annotations lack the list.
  const annotations = json.annotations === undefined ? [] : jsonList(json, 'annotations', file);
  for (const [i, item] of annotations.entries()) {
    const place = `annotations[${i}]`;
    const annotation = jsonObject(item, place, file);
    const photo = byId.get(jsonNumber(annotation.image_id, `${place}.image_id`, file));
    if (photo === undefined) throw badAnnotation(file, `${place}.image_id`, 'the id of an image', annotation.image_id);
    const box = readBox(annotation, labels, place, file);
    if (box === undefined) {
      dropped++;
      continue;
    }
    photo.boxes.push(box);
    photo.outlines.push({ segmentation: annotation.segmentation, annotation: i });
  }
  const photos = [...byId].sort(([a], [b]) => a - b).map(([, photo]) => photo);
  return { photos, dropped };
}

function paintMask({ fileName, width, height, boxes, outlines }: Photo, file: string): ObjectMask {
  if (!isPictureSize(width, height)) throw badAnnotation(file, `the size of ${fileName}`, 'pixels', [width, height]);
  if (boxes.length > MOST_OBJECTS) {
    throw badAnnotation(file, `the objects of ${fileName}`, `at most ${MOST_OBJECTS} objects for a mask`, boxes.length);
  }
  const masks = boxes.map((box, i) => outlineMask(outlines[i]!, box, { width, height }, file));
  const byArea = masks.map((mask, i) => ({ mask, owner: i + 1, area: maskArea(mask) })).sort((a, b) => b.area - a.area);
  const data = new Uint8Array(width * height);
  for (const { mask, owner } of byArea) {
    const pixels = decodeMask(mask).data;
    for (let i = 0; i < data.length; i++) if (pixels[i] === 1) data[i] = owner;
  }
  return { width, height, data };
}

function isPictureSize(width: number, height: number): boolean {
  const isSide = (side: number): boolean => Number.isInteger(side) && side > 0;
  return isSide(width) && isSide(height) && width * height <= LARGEST_MASK;
}

/** The box of an annotation, or undefined where it has none or one without area. */
function readBox(
  annotation: JsonObject,
  labels: ReadonlyMap<number, number>,
  place: string,
  file: string,
): LabelledBox | undefined {
  const label = labels.get(jsonNumber(annotation.category_id, `${place}.category_id`, file));
  if (label === undefined) {
    throw badAnnotation(file, `${place}.category_id`, 'the id of a category', annotation.category_id);
  }
  if (annotation.bbox === undefined || annotation.bbox === null) return undefined;
  const sides = annotation.bbox;
  if (!Array.isArray(sides) || sides.length !== 4)
    throw badAnnotation(file, `${place}.bbox`, '[x, y, width, height]', sides);
  const [x, y, width, height] = sides.map((side, k) => jsonNumber(side, `${place}.bbox[${k}]`, file));
  if (!(width! > 0 && height! > 0)) return undefined;
  const box = { x0: x!, y0: y!, x1: x! + width!, y1: y! + height!, label };
  return annotation.iscrowd === 1 || annotation.iscrowd === true ? { ...box, crowd: true } : box;
}
