import type { RotationFilter } from './rotate.ts';

/** A closed range that a value is drawn from uniformly. */
export type Range = readonly [low: number, high: number];

/**
 * One random change of an image, as data: it can be written in YAML and sent to a worker thread. `p` is the probability that
 * it is done at all; all ranges are uniform. Without options an augmentation has the defaults of torchvision, or of the
 * paper named.
 */
export type Augmentation =
  | HorizontalFlip
  | VerticalFlip
  | ColourJitter
  | Grayscale
  | GaussianBlur
  | Solarize
  | Posterize
  | Equalize
  | Autocontrast
  | Rotation;

/** Mirrors left and right. */
export interface HorizontalFlip {
  readonly kind: 'horizontal-flip';
  /** Default: 0.5. */
  readonly p?: number;
}

/** Mirrors top and bottom. */
export interface VerticalFlip {
  readonly kind: 'vertical-flip';
  /** Default: 0.5. */
  readonly p?: number;
}

/**
 * Changes brightness, contrast, saturation and hue, in an order drawn each time (24 equally likely). A strength `x` of the
 * first three draws a factor from [max(0, 1 - x), 1 + x]; of hue, a turn from [-x, x] of the circle. A range gives the
 * bounds themselves. Strength 0 leaves that step out.
 */
export interface ColourJitter {
  readonly kind: 'colour-jitter';
  /** Strength or range of factors. Default: 0. */
  readonly brightness?: number | Range;
  /** Strength or range of factors. Default: 0. */
  readonly contrast?: number | Range;
  /** Strength or range of factors. Default: 0. */
  readonly saturation?: number | Range;
  /** Strength up to 0.5 or range of turns within [-0.5, 0.5]. Default: 0. */
  readonly hue?: number | Range;
  /** Default: 1. */
  readonly p?: number;
}

/** Replaces colours by their luma. */
export interface Grayscale {
  readonly kind: 'grayscale';
  /** Default: 0.1, as torchvision's; the contrastive papers take 0.2. */
  readonly p?: number;
}

/** Blurs with a standard deviation drawn from a range (SimCLR, MoCo v2). */
export interface GaussianBlur {
  readonly kind: 'gaussian-blur';
  /** Standard deviation in pixels. Default: [0.1, 2]. */
  readonly sigma?: Range;
  /** `gaussian` is a true Gaussian (SimCLR, BYOL), `pillow` three box passes (MoCo, SimSiam, DINO). Default: `gaussian`. */
  readonly method?: 'gaussian' | 'pillow';
  /** Taps of the true Gaussian, odd. Default: a tenth of the shorter side, made odd. */
  readonly kernelSize?: number;
  /** Default: 0.5. */
  readonly p?: number;
}

/** Inverts values from a threshold on (BYOL). */
export interface Solarize {
  readonly kind: 'solarize';
  /** From 0 to 256. Default: 128. */
  readonly threshold?: number;
  /** Default: 0.2. */
  readonly p?: number;
}

/** Keeps the upper bits of every value. */
export interface Posterize {
  readonly kind: 'posterize';
  /** From 0 to 8. */
  readonly bits: number;
  /** Default: 0.5. */
  readonly p?: number;
}

/** Flattens the histogram of each channel. */
export interface Equalize {
  readonly kind: 'equalize';
  /** Default: 0.5. */
  readonly p?: number;
}

/** Stretches each channel to the full range. */
export interface Autocontrast {
  readonly kind: 'autocontrast';
  /** Default: 0.5. */
  readonly p?: number;
}

/** Turns about the centre by an angle drawn from a range. */
export interface Rotation {
  readonly kind: 'rotation';
  /** A strength `x` stands for [-x, x]; counter-clockwise. */
  readonly degrees: number | Range;
  /** Default: `nearest`. */
  readonly filter?: RotationFilter;
  /** Level of what comes from outside. Default: 0. */
  readonly fill?: number;
  /** Default: 1. */
  readonly p?: number;
}
