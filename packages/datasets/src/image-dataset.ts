import type { Box, Raster } from '@ssl-scene/geometry';
import type { DatasetSource } from './dataset-source.ts';
import type { DecisionCounts } from './decode-decisions.ts';

/** Width and height in pixels, upright. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** An object of an image: its box in pixels of the upright image, half-open edges, and its class. */
export interface LabelledBox extends Box {
  /** Index into the data set's `classNames`; -1 where the class is unknown. */
  readonly label: number;
  /** The box holds a crowd of objects, not one (COCO's `iscrowd`). Default false. */
  readonly crowd?: boolean;
  /** Evaluators ignore the object (Pascal VOC's `difficult`). Default false. */
  readonly difficult?: boolean;
}

/**
 * Which object each pixel shows, row-major, one byte a pixel: 0 is background, k the k-th box of `boxes(index)` (counted from
 * 1), 255 a pixel that nobody judged.
 */
export interface ObjectMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A collection of images with random access by index. What belongs to an index never changes: a picture that cannot be read
 * keeps its place, and `pixels` of it fails.
 */
export interface ImageDataset {
  /** For logs and reports. */
  readonly name: string;
  /** Number of images, the unreadable ones included. */
  readonly length: number;
  /** Names of the classes in the order of the labels; absent where the collection has none. */
  readonly classNames?: readonly string[];
  /** What reopens this data set elsewhere, through `openDataset`; plain data, so that it crosses to worker threads. */
  readonly source: DatasetSource;
  /** What a person should know of the collection (classes without images, files left out …), one sentence each. */
  readonly warnings?: readonly string[];

  /** Name of the image, unique in the data set and stable from run to run. */
  id(index: number): string;
  /** Class of the image, or -1 where it has none. */
  label(index: number): number;
  /** All classes of an image of a collection where one image can have several. */
  labels?(index: number): readonly number[];
  /** Upright size, where it is known without decoding. */
  size?(index: number): ImageSize | undefined;
  /** The objects of the image; empty where it has none. */
  boxes?(index: number): readonly LabelledBox[];
  /** Which pixel belongs to which object, where the collection knows. */
  mask?(index: number): ObjectMask | undefined | Promise<ObjectMask | undefined>;
  /**
   * The image, upright and RGB, in memory that belongs to the caller. A collection that is held in memory answers at once, one
   * that decodes files by a promise.
   *
   * @throws SceneError (or rejects with one) where the picture cannot be read; `isImageFault` tells these from other errors.
   */
  pixels(index: number): Raster | Promise<Raster>;
  /** Path of the image's own file, in collections of picture files. */
  file?(index: number): string;
  /** The file as it is stored (JPEG, PNG …), for callers with a decoder of their own. */
  encoded?(index: number): Uint8Array | Promise<Uint8Array>;
  /** What decoding did to the pictures read so far (turned upright, palette replaced …), where files are decoded. */
  decisions?(): DecisionCounts;
  /** Frees files, memory and processes. */
  close?(): void;
}
