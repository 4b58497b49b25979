/** An 8-bit RGB image, row-major, channels interleaved: `data.length === width * height * 3`. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
