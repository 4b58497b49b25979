/** A closed range that a number is drawn from. */
export type Range = readonly [low: number, high: number];

/** How crops are chosen, as data: it can be written in YAML and sent to a worker thread. */
export type CropSpec = RandomResizedSpec | ContrastiveSpec | BoxesSpec | WholeSpec | ModuleSpec;

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
}

/**
 * The oracle: a random resized crop of the picture that one of the region's `boxes`, drawn uniformly, cuts out. `scale`
 * (default [0.2, 1]) is relative to that box. Views of one image see the same object where they share `options.shared`.
 * As `random-resized` on the whole image where it has no boxes.
 */
export interface BoxesSpec extends CropSizeOptions {
  readonly kind: 'boxes';
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
