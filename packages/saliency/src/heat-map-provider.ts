/** Whole images of one size, as a network sees them. */
export interface ImageBatch {
  /** Number of images. */
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Normalised: images × height × width × 3. */
  readonly pixels: Float32Array;
  /** A second view of each image in the same form, for providers that compare two. */
  readonly others?: Float32Array;
}

/** The heat maps of a batch. */
export interface HeatMapBatch {
  readonly height: number;
  readonly width: number;
  /** images × height × width, any range; the larger the more salient. */
  readonly values: Float32Array;
}

/** Something that says where images are salient: a network (see `networkHeatMaps`) or colours alone (`networkFreeHeatMaps`). */
export interface HeatMapProvider {
  /** For logs and tables. */
  readonly name: string;
  /** Whether batches must have `others`. */
  readonly needsOthers: boolean;
  /** Maps of all images, in their order; all batches of one image size give maps of one size. */
  maps(batch: ImageBatch): Promise<HeatMapBatch>;
  /** Frees what the provider has recorded; it may still be used. */
  dispose(): void;
}
