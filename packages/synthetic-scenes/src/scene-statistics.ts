import type { SyntheticScenes } from './synthetic-scenes.ts';

/** What a set of scenes looks like on average; for tests and for reports on a testbed. */
export interface SceneStatistics {
  readonly images: number;
  readonly objects: number;
  /** Number of images by their number of objects; entry n counts those with n. */
  readonly objectsPerImage: readonly number[];
  /** Number of objects of each class. */
  readonly objectsPerClass: readonly number[];
  /** Mean over objects of the longer side of the box, relative to the image's shorter side. */
  readonly meanBoxSide: number;
  /** Mean over images of the share of pixels that belong to objects. */
  readonly meanCoverage: number;
  /** Boxes that are not the smallest around their mask: 0. */
  readonly looseBoxes: number;
  /** Mean brightness step (0 … 255) between neighbouring pixels within objects, and within the background. */
  readonly objectEdges: number;
  readonly backgroundEdges: number;
}

/** Measures the images of a data set, by default all. */
export function sceneStatistics(dataset: SyntheticScenes, indices?: Iterable<number>): SceneStatistics {
  const { width, height } = dataset.options;
  const objectsPerImage: number[] = [];
  const objectsPerClass = new Array<number>(dataset.classNames.length).fill(0);
  const edges = { object: new Mean(), background: new Mean() };
  const boxSide = new Mean();
  const coverage = new Mean();
  let looseBoxes = 0;
  let images = 0;
  for (const index of indices ?? Array(dataset.length).keys()) {
    const boxes = dataset.boxes(index);
    const mask = dataset.mask(index).data;
    images++;
    objectsPerImage[boxes.length] = (objectsPerImage[boxes.length] ?? 0) + 1;
    for (const [i, box] of boxes.entries()) {
      objectsPerClass[box.label]!++;
      boxSide.add(Math.max(box.x1 - box.x0, box.y1 - box.y0) / Math.min(width, height));
      if (!isTight(box, mask, i + 1, width)) looseBoxes++;
    }
    coverage.add(mask.reduce((count, owner) => count + (owner > 0 ? 1 : 0), 0) / mask.length);
    measureEdges(dataset.pixels(index).data, mask, width, height, edges);
  }
  return {
    images,
    objects: boxSide.count,
    objectsPerImage: Array.from(objectsPerImage, (count) => count ?? 0),
    objectsPerClass,
    meanBoxSide: boxSide.value,
    meanCoverage: coverage.value,
    looseBoxes,
    objectEdges: edges.object.value,
    backgroundEdges: edges.background.value,
  };
}

class Mean {
  count = 0;
  #sum = 0;

  add(value: number): void {
    this.#sum += value;
    this.count++;
  }

  get value(): number {
    return this.#sum / this.count;
  }
}

/** Whether every pixel of the object lies in the box, and every edge of the box touches one. */
function isTight(
  box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number },
  mask: Uint8Array,
  owner: number,
  width: number,
): boolean {
  const touches = { left: false, right: false, top: false, bottom: false };
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== owner) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    if (x < box.x0 || x >= box.x1 || y < box.y0 || y >= box.y1) return false;
    touches.left ||= x === box.x0;
    touches.right ||= x === box.x1 - 1;
    touches.top ||= y === box.y0;
    touches.bottom ||= y === box.y1 - 1;
  }
  return touches.left && touches.right && touches.top && touches.bottom;
}

/** Steps between horizontal and vertical neighbours that both lie in one object, or both in the background. */
function measureEdges(
  rgb: Uint8Array,
  mask: Uint8Array,
  width: number,
  height: number,
  edges: { readonly object: Mean; readonly background: Mean },
): void {
  const brightness = (i: number): number => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!;
  const compare = (i: number, j: number): void => {
    if (mask[i] !== mask[j]) return;
    (mask[i] === 0 ? edges.background : edges.object).add(Math.abs(brightness(i) - brightness(j)));
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width) compare(i, i + 1);
      if (y + 1 < height) compare(i, i + width);
    }
  }
}
