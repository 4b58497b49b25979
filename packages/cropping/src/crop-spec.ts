import type { Box } from '@ssl-scene/geometry';

/** A closed range that a number is drawn from. */
export type Range = readonly [low: number, high: number];

/** How crops are chosen, as data: it can be written in YAML and sent to a worker thread. */
export type CropSpec = RandomResizedSpec | ContrastiveSpec | SaliencySpec | BoxesSpec | WholeSpec | ModuleSpec;

/** Numbers that all samplers with a random size share. */
export interface CropSizeOptions {
  /** Range of the crop's share of the area, uniform. */
  readonly scale?: Range;
  /** Range of width / height, uniform in the logarithm. Default: [3/4, 4/3]. */
  readonly ratio?: Range;
  /** Sizes drawn until one fits, before the largest centred crop with an allowed ratio is taken. Default: 10. */
  readonly tries?: number;
}

/** torchvision's `RandomResizedCrop`: any place, `scale` of the image's area (default [0.08, 1]). */
export interface RandomResizedSpec extends CropSizeOptions {
  readonly kind: 'random-resized';
}

/**
 * ContrastiveCrop (Peng et al., CVPR 2022): sizes as `random-resized` (default `scale` [0.2, 1]), the centre inside the
 * region's box and, by a U-shaped Beta distribution, rather near its edges. As `random-resized` while the region is not active.
 */
export interface ContrastiveSpec extends CropSizeOptions {
  readonly kind: 'contrastive';
  /** Both parameters of the Beta distribution: below 1 keeps away from the middle, 1 is uniform. Default: 0.6, as in the paper. */
  readonly alpha?: number;
  /**
   * The reference code before its issue 16, with which the paper's figures were made: each end of the range of positions is
   * clamped on one side only, so that crops may leave the image. Default: false.
   */
  readonly legacyClamp?: boolean;
  /**
   * A box for all images in place of the region's, always in use: the middle half of either side is "SimCCrop", the whole
   * image is centre suppression without localisation. Default: the region's box.
   */
  readonly box?: Box;
  /**
   * Where no size fits: torchvision's centred crop, as in the reference code, or a crop of its size with the centre in
   * the box. Default: `centre`.
   */
  readonly fallback?: 'centre' | 'box';
}

/**
 * Crops around salient parts of the region's heat map, "SGCL-style": reconstructed from the abstract of Chen et al. 2023
 * (arXiv 2302.11461), whose algorithm and values are not known to us. Sizes as `random-resized` (default `scale`
 * [0.05, 0.4]); a connected part of the map where it is at least `tau` is drawn by its saliency and shared by all views
 * with the same `slot`; the centre is a place of that part, drawn by its saliency. As `random-resized`, bit for bit,
 * while the region is not active and where its map is uniform.
 */
export interface SaliencySpec extends CropSizeOptions {
  readonly kind: 'saliency';
  /** Number of the pair of views: its part of the image differs from those of lower slots, where there are enough. Default: 0. */
  readonly slot?: number;
  /** Cells of the grid that the map is enlarged to, for each of its places along either side. Default: 8. */
  readonly grid?: number;
  /** Places of at least this saliency, from 0 to 1, can be centres. Default: 0.5. */
  readonly tau?: number;
  /** Parts and centres are drawn in proportion to saliency to this power. Default: 1. */
  readonly gamma?: number;
  /** Whether a crop must be as salient as the image is on average, within `tries`. Default: `mean`. */
  readonly acceptance?: 'mean' | 'off';
  /** No side is shorter than this many pixels … Default: 8. */
  readonly minSidePixels?: number;
  /** … or than this share of the image's shorter side. Default: 0.1. */
  readonly minSideShare?: number;
  /**
   * ContrastiveCrop's centres in the part's bounding box: both parameters of the Beta distribution that they are drawn
   * from. A combination that no paper has. Default: centres by saliency.
   */
  readonly centreBeta?: number;
  /** Whether views of a slot share one part; otherwise each view draws its own from all parts. Default: true. */
  readonly shareComponent?: boolean;
  /** Whether slots take different parts as long as there are any. Default: true. */
  readonly distinctComponents?: boolean;
}

/**
 * A random resized crop of the picture that one of several boxes cuts out: labelled boxes, drawn uniformly (the oracle), or
 * those of the salient parts of the region's heat map, drawn in proportion to their saliency. `scale` (default [0.2, 1]) is relative to that box. Views of one
 * image see the same object where they share `options.shared`. As `random-resized` on the whole image where it has no
 * boxes, and with `from: 'heat-map'` while the region is not active.
 */
export interface BoxesSpec extends CropSizeOptions {
  readonly kind: 'boxes';
  /** Where the boxes come from. Default: `labels`. */
  readonly from?: 'labels' | 'heat-map';
  /** With `from: 'heat-map'`: places of at least this saliency, from 0 to 1, belong to a part. Default: 0.5. */
  readonly tau?: number;
  /** With `from: 'heat-map'`: cells of the grid for each place of the map, along either side. Default: 8. */
  readonly grid?: number;
  /** Grows the box by this share of its width and height on every side, up to the image's edges. Default: 0. */
  readonly margin?: number;
}

/** The whole image. */
export interface WholeSpec {
  readonly kind: 'whole';
}

/** A sampler from elsewhere; see `loadCropSampler`. */
export interface ModuleSpec {
  readonly kind: 'module';
  /** URL (`file:` or other) or package name of a module that exports `createCropSampler`. */
  readonly module: string;
  /** Passed to `createCropSampler`; must survive structured cloning. */
  readonly options?: unknown;
}
