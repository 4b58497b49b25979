import { basename, join, resolve } from 'node:path';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { compareCodePoints } from './code-point-order.ts';
import { requireFolder } from './data-path.ts';
import type { InaturalistSource } from './dataset-source.ts';
import type { ImageDataset, ImageSize } from './image-dataset.ts';
import { type JsonObject, jsonList, jsonNumber, jsonObject, jsonText, readJsonFile } from './json-value.ts';
import { pictureFiles } from './picture-files.ts';

interface ListedImage {
  readonly fileName: string;
  readonly size: ImageSize | undefined;
  label: number;
}

/**
 * Opens iNaturalist (2017 to 2021) by its JSON files. Images are ordered by ascending id. At the level `name` a label is the
 * place of its category by ascending id; at the others the classes are the distinct values, in code-point order. Files without
 * annotations (the test sets) give the label -1.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with the place in the file
 */
export function openInaturalist(source: InaturalistSource): ImageDataset {
  const root = resolve(source.images);
  requireFolder(root);
  const file = resolve(source.annotations);
  const json = readJsonFile(file);
  const { classNames, labelOfCategory } = readCategories(json, source.level ?? 'name', file);
  const images = readImages(json, labelOfCategory, file);
  if (images.length === 0) throw badAnnotation(file, 'images', 'at least one image', []);

  const name = basename(file, '.json');
  const image = (index: number): ListedImage => {
    checkIndex(index, images.length, name);
    return images[index]!;
  };
  const ids = images.map(({ fileName }) => fileName);
  return {
    ...pictureFiles(name, ids, (index) => join(root, ids[index]!), source.decode),
    name,
    source: { ...source, images: root, annotations: file },
    ...(classNames.length === 0 ? {} : { classNames }),
    label: (index: number) => image(index).label,
    size: (index: number) => image(index).size,
  };
}

function readCategories(
  json: JsonObject,
  level: string,
  file: string,
): { classNames: string[]; labelOfCategory: ReadonlyMap<number, number> } {
  const items = json.categories === undefined ? [] : jsonList(json, 'categories', file);
  const categories = items.map((item, i) => {
    const place = `categories[${i}]`;
    const category = jsonObject(item, place, file);
    return {
      id: jsonNumber(category.id, `${place}.id`, file),
      value: jsonText(category[level], `${place}.${level}`, file),
    };
  });
  categories.sort((a, b) => a.id - b.id);
  // Two species may share their name in different families, so names are not merged.
  const classNames =
    level === 'name'
      ? categories.map(({ value }) => value)
      : [...new Set(categories.map(({ value }) => value))].sort(compareCodePoints);
  const placeOf = new Map(classNames.map((name, label) => [name, label]));
  const labelOfCategory = new Map(
    categories.map(({ id, value }, i) => [id, level === 'name' ? i : placeOf.get(value)!]),
  );
  return { classNames, labelOfCategory };
}

function readImages(json: JsonObject, labelOfCategory: ReadonlyMap<number, number>, file: string): ListedImage[] {
  const byId = new Map<number, ListedImage>();
  for (const [i, item] of jsonList(json, 'images', file).entries()) {
    const place = `images[${i}]`;
    const { id, file_name, width, height } = jsonObject(item, place, file);
    byId.set(jsonNumber(id, `${place}.id`, file), {
      fileName: jsonText(file_name, `${place}.file_name`, file),
      size: typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined,
      label: -1,
    });
  }
  const annotations = json.annotations === undefined ? [] : jsonList(json, 'annotations', file);
  for (const [i, item] of annotations.entries()) {
    const place = `annotations[${i}]`;
    const { image_id, category_id } = jsonObject(item, place, file);
    const image = byId.get(jsonNumber(image_id, `${place}.image_id`, file));
    if (image === undefined) throw badAnnotation(file, `${place}.image_id`, 'the id of an image', image_id);
    const label = labelOfCategory.get(jsonNumber(category_id, `${place}.category_id`, file));
    if (label === undefined) throw badAnnotation(file, `${place}.category_id`, 'the id of a category', category_id);
    image.label = label;
  }
  return [...byId].sort(([a], [b]) => a - b).map(([, image]) => image);
}
