/** How picture files become RGB pixels. Plain data. */
export interface DecodeOptions {
  /** Colour under transparent pixels, 0 … 255 each. Default white, `[255, 255, 255]`. */
  readonly background?: readonly [number, number, number];
  /** Largest width times height that is accepted; judged by the header, before memory is asked for. Default 50,000,000. */
  readonly pixelLimit?: number;
  /** Milliseconds after which decoding a picture is given up. Default 20,000. */
  readonly timeLimit?: number;
  /** Whether a file that ends early is refused, or its missing part filled in by the decoder. Default `refuse`. */
  readonly truncated?: 'refuse' | 'accept';
  /** `ignore` takes the stored values as sRGB, as Pillow does; `convert` applies the colour profile of the file. Default `ignore`. */
  readonly colourProfile?: 'ignore' | 'convert';
  /**
   * Which formats are decoded in a child process, which can be killed where a decoder hangs and whose crash harms nobody:
   * `rare` (TIFF and AVIF; JPEG, PNG, GIF and WebP stay here, where they are faster), `all` or `none`. Default `rare`.
   */
  readonly isolate?: 'rare' | 'all' | 'none';
}

export type ResolvedDecodeOptions = Required<DecodeOptions>;

export function resolveDecodeOptions(options: DecodeOptions = {}): ResolvedDecodeOptions {
  return {
    background: options.background ?? [255, 255, 255],
    pixelLimit: options.pixelLimit ?? 50_000_000,
    timeLimit: options.timeLimit ?? 20_000,
    truncated: options.truncated ?? 'refuse',
    colourProfile: options.colourProfile ?? 'ignore',
    isolate: options.isolate ?? 'rare',
  };
}
