import { type Box, boxArea, boxIou } from '@ssl-scene/geometry';
import type { HeatMapBox } from './box-from-heat-map.ts';
import type { Threshold } from './threshold.ts';

const HISTOGRAM_BINS = 10;
/** Mean share of the image from which on a box guides nothing. */
const NO_GUIDANCE = 0.9;

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
  /** Images that could not be read, and kept their box. */
  readonly badImages: readonly { readonly index: number; readonly message: string }[];
  /** What a reader of the run's log should know. */
  readonly warnings: readonly string[];
}

/** Gathers the statistics image by image. */
export class RefreshTally {
  private readonly boxAreas = new Array<number>(HISTOGRAM_BINS).fill(0);
  private readonly badImages: { index: number; message: string }[] = [];
  private images = 0;
  private areas = 0;
  private whole = 0;
  private active = 0;
  private constantMaps = 0;
  private emptyMaps = 0;
  private ious = 0;
  private compared = 0;

  add({ box, constant, empty, whole, activeArea }: HeatMapBox, last: Box | undefined): void {
    const area = boxArea(box);
    this.images++;
    this.areas += area;
    // A box of the size of a bin's edge may miss it by a rounding.
    this.boxAreas[Math.min(HISTOGRAM_BINS - 1, Math.floor(area * HISTOGRAM_BINS + 1e-9))]!++;
    this.active += activeArea;
    if (whole) this.whole++;
    if (constant) this.constantMaps++;
    if (empty) this.emptyMaps++;
    const iou = last ? boxIou(box, last) : Number.NaN;
    // Undefined also for two boxes without area, which the edges 'last-index' can give.
    if (!Number.isNaN(iou)) {
      this.ious += iou;
      this.compared++;
    }
  }

  addBadImage(index: number, message: string): void {
    this.badImages.push({ index, message });
  }

  finish(threshold: Threshold): RefreshStatistics {
    const mean = (sum: number): number => (this.images > 0 ? sum / this.images : 0);
    return {
      images: this.images,
      boxAreas: this.boxAreas,
      meanBoxArea: mean(this.areas),
      wholeShare: mean(this.whole),
      activeArea: mean(this.active),
      constantMaps: this.constantMaps,
      emptyMaps: this.emptyMaps,
      iouWithLast: this.compared > 0 ? this.ious / this.compared : undefined,
      badImages: this.badImages,
      warnings: this.warnings(threshold),
    };
  }

  private warnings(threshold: Threshold): string[] {
    const warnings: string[] = [];
    const percent = (share: number): string => `${Math.round(100 * share)} %`;
    if (this.images === 0) return ['No image could be read: the boxes are as they were.'];
    const constantShare = this.constantMaps / this.images;
    if (constantShare > 0.01) {
      warnings.push(
        `${percent(constantShare)} of the heat maps are constant, their boxes the whole image: the network may have collapsed.`,
      );
    }
    const area = this.areas / this.images;
    if (area > NO_GUIDANCE) {
      warnings.push(
        `The boxes cover ${percent(area)} of the image on average (${percent(this.whole / this.images)} of them all of it) at ` +
          `threshold ${JSON.stringify(threshold)}: they guide almost nothing. Raise the threshold to 0.3 or 0.5, or take 'otsu'.`,
      );
    }
    if (this.badImages.length === 1) warnings.push('1 image could not be read and kept its box.');
    if (this.badImages.length > 1)
      warnings.push(`${this.badImages.length} images could not be read and kept their boxes.`);
    return warnings;
  }
}
