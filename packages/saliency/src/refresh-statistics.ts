import { type Box, boxArea, boxIou } from '@ssl-scene/geometry';
import type { HeatMapBox } from './box-from-heat-map.ts';
import { type MapChange, salientArea, salientIou, salientParts } from './salient-set.ts';
import type { Threshold } from './threshold.ts';

const HISTOGRAM_BINS = 10;
/** Mean share of the image from which on a box guides nothing. */
const NO_GUIDANCE = 0.9;
/** Share of the maps without shape from which on the network may have collapsed. */
const MANY_CONSTANT = 0.01;
/** Edges that vary less than this from image to image are those of one box for all. */
const ONE_BOX = 0.02;
/** Fewer boxes may be alike by chance. */
const ENOUGH_BOXES = 20;

/** What a refresh found, over all images that could be read. */
export interface RefreshStatistics {
  /** Images with a new box. */
  readonly images: number;
  /** Images per tenth of the box's share of the image: from 0 to 0.1, …, from 0.9 to 1. */
  readonly boxAreas: readonly number[];
  /** Mean share of the image that the box covers. */
  readonly meanBoxArea: number;
  /** Share of the images whose box is the whole image. */
  readonly wholeShare: number;
  /** Mean share of the pixels above the threshold. */
  readonly activeArea: number;
  /** Images whose map was constant or not finite; many of them mean a collapsed network. */
  readonly constantMaps: number;
  /** Images with no pixel above the threshold. */
  readonly emptyMaps: number;
  /** Mean IoU of the new boxes with the ones before; undefined where the store cannot tell. */
  readonly iouWithLast: number | undefined;
  /** Standard deviation of the boxes' edges from image to image, mean over the four edges, in shares of the image. */
  readonly boxSpread: number;
  /** Mean number of connected parts of the stored heat maps that are at least half salient; undefined without stored maps. */
  readonly salientParts: number | undefined;
  /** Mean share of the stored heat maps that is at least half salient; undefined without stored maps. */
  readonly salientArea: number | undefined;
  /** Mean IoU of those parts with the ones before; undefined without stored maps, and after the first refresh. */
  readonly salientIouWithLast: number | undefined;
  /** Images that could not be read, and kept their box. */
  readonly badImages: readonly { readonly index: number; readonly message: string }[];
  /** What a reader of the run's log should know. */
  readonly warnings: readonly string[];
}

/** What of the regions is looked at, so that warnings are about that. */
export interface GuidedBy {
  readonly boxes: boolean;
  readonly heatMaps: boolean;
}

/** A mean over those values that there are. */
class Mean {
  #sum = 0;
  count = 0;

  add(value: number | undefined): void {
    // Undefined also for the IoU of two boxes without area, which the edges 'last-index' can give.
    if (value === undefined || Number.isNaN(value)) return;
    this.#sum += value;
    this.count++;
  }

  /** Undefined where there was no value. */
  get value(): number | undefined {
    return this.count > 0 ? this.#sum / this.count : undefined;
  }
}

/** Gathers the statistics image by image. */
export class RefreshTally {
  readonly #boxAreas = new Array<number>(HISTOGRAM_BINS).fill(0);
  readonly #badImages: { index: number; message: string }[] = [];
  readonly #areas = new Mean();
  readonly #active = new Mean();
  readonly #ious = new Mean();
  readonly #parts = new Mean();
  readonly #salientAreas = new Mean();
  readonly #salientIous = new Mean();
  readonly #edges = [0, 1, 2, 3].map(() => ({ value: new Mean(), square: new Mean() }));
  #whole = 0;
  #constantMaps = 0;
  #emptyMaps = 0;

  /** @param change the heat map that is stored, where it is */
  add({ box, constant, empty, whole, activeArea }: HeatMapBox, last: Box | undefined, change?: MapChange): void {
    const area = boxArea(box);
    this.#areas.add(area);
    // A box of the size of a bin's edge may miss it by a rounding.
    this.#boxAreas[Math.min(HISTOGRAM_BINS - 1, Math.floor(area * HISTOGRAM_BINS + 1e-9))]!++;
    this.#active.add(activeArea);
    if (whole) this.#whole++;
    if (constant) this.#constantMaps++;
    if (empty) this.#emptyMaps++;
    if (last) this.#ious.add(boxIou(box, last));
    for (const [edge, value] of [box.x0, box.y0, box.x1, box.y1].entries()) {
      this.#edges[edge]!.value.add(value);
      this.#edges[edge]!.square.add(value * value);
    }
    if (change === undefined) return;
    this.#parts.add(salientParts(change));
    this.#salientAreas.add(salientArea(change));
    this.#salientIous.add(salientIou(change));
  }

  addBadImage(index: number, message: string): void {
    this.#badImages.push({ index, message });
  }

  finish(threshold: Threshold, guidedBy: GuidedBy): RefreshStatistics {
    const images = this.#areas.count;
    const statistics = {
      images,
      boxAreas: this.#boxAreas,
      meanBoxArea: this.#areas.value ?? 0,
      wholeShare: images > 0 ? this.#whole / images : 0,
      activeArea: this.#active.value ?? 0,
      constantMaps: this.#constantMaps,
      emptyMaps: this.#emptyMaps,
      iouWithLast: this.#ious.value,
      boxSpread: this.#spread(),
      salientParts: this.#parts.value,
      salientArea: this.#salientAreas.value,
      salientIouWithLast: this.#salientIous.value,
      badImages: this.#badImages,
    };
    return { ...statistics, warnings: warningsOf(statistics, threshold, guidedBy) };
  }

  #spread(): number {
    const deviations = this.#edges.map(({ value, square }) =>
      Math.sqrt(Math.max((square.value ?? 0) - (value.value ?? 0) ** 2, 0)),
    );
    return deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
  }
}

type Found = Omit<RefreshStatistics, 'warnings'>;

function warningsOf(statistics: Found, threshold: Threshold, guidedBy: GuidedBy): string[] {
  const { images, constantMaps, badImages } = statistics;
  if (images === 0) return ['No image could be read: the boxes are as they were.'];
  const warnings: string[] = [];
  if (constantMaps / images > MANY_CONSTANT) {
    warnings.push(
      `${percent(constantMaps / images)} of the heat maps are constant, their boxes the whole image: the network may have collapsed.`,
    );
  }
  if (guidedBy.boxes) warnings.push(...boxWarnings(statistics, threshold));
  if (guidedBy.heatMaps) warnings.push(...heatMapWarnings(statistics));
  if (badImages.length === 1) warnings.push('1 image could not be read and kept its box.');
  if (badImages.length > 1) warnings.push(`${badImages.length} images could not be read and kept their boxes.`);
  return warnings;
}

function boxWarnings({ images, meanBoxArea, wholeShare, boxSpread }: Found, threshold: Threshold): string[] {
  if (meanBoxArea > NO_GUIDANCE) {
    return [
      `The boxes cover ${percent(meanBoxArea)} of the image on average (${percent(wholeShare)} of them all of it) at ` +
        `threshold ${JSON.stringify(threshold)}: they guide almost nothing. Raise the threshold to 0.3 or 0.5, or take 'otsu'.`,
    ];
  }
  if (boxSpread >= ONE_BOX || images < ENOUGH_BOXES) return [];
  return [
    `The boxes are nearly the same for all images (their edges differ by ${boxSpread.toFixed(3)} of the image): the heat ` +
      'maps show places of the map, not objects. Take another stage, or train longer before the first refresh.',
  ];
}

function heatMapWarnings({ salientArea: area }: Found): string[] {
  if (area === undefined || area <= NO_GUIDANCE) return [];
  return [
    `The heat maps are salient over ${percent(area)} of the image on average: they guide almost nothing. Take another ` +
      'stage or source, or train longer before the first refresh.',
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
