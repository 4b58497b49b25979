import type { RandomStream } from '@ssl-scene/random';
import { batchStream, forEachImage, type NoiseRequest, noiseArray, type ViewNoise } from './mask-noise.ts';
import { type Size, tiled, tileSize } from './patch-grid.ts';

/** The specification of the strategy without gaps. */
export interface HighPassSettings {
  readonly noise: { readonly positive: number; readonly negative: number };
  readonly focal: number;
  readonly spatial: number;
  readonly window: { readonly positive: number; readonly negative: number };
  readonly freshNoise: 'none' | 'focal' | 'all';
}

const CHANNELS = 3;
/** Which of the three numbers of an image's mode is 1. */
const MODE = { focal: 0, spatial: 1, channel: 2 } as const;

/**
 * Draws what masks of high-pass images need: `mode` (N, 3), which of focal, spatial and channel-wise masking an image gets;
 * `window` (N, 4), the box of the focal mode; and values to fill with, broadcast over the batch where it shares them: either
 * `fill` (N, H, W, 3), or `spatialTile` (1, H, W, 3), `channelTile` (1, H, W, 1) and `surroundings` (1 or N, H, W, 3).
 */
export function drawHighPassNoise(request: NoiseRequest, settings: HighPassSettings, grid: number): ViewNoise {
  const { size, kind, batch } = request;
  const images = batch.indices.length;
  const std = settings.noise[kind];
  const mode = drawModes(request, settings);
  const window = drawWindows(request, settings.window[kind]);
  const placed = { mode: noiseArray(mode, images, CHANNELS), window: noiseArray(window, images, 4) };
  if (settings.freshNoise === 'all')
    return { ...placed, fill: ofEachImage(request, (random, out) => random.fillNormal(out, 0, std)) };
  const freshSurroundings = settings.freshNoise === 'focal' && kind === 'positive';
  return {
    ...placed,
    spatialTile: tile(request, 'spatial tile', grid, CHANNELS, std),
    channelTile: tile(request, 'channel tile', grid, 1, std),
    surroundings: freshSurroundings
      ? ofEachImage(request, (random, out, image) => {
          if (mode[CHANNELS * image + MODE.focal] === 1)
            fillOutside(out, size, window.subarray(4 * image), random, std);
        })
      : sharedSheet(request, std),
  };
}

function drawModes(request: NoiseRequest, { focal, spatial }: HighPassSettings): Float32Array {
  const modes = new Float32Array(request.batch.indices.length * CHANNELS);
  forEachImage(request, 'mode', (random, image) => {
    const isFocal = random.bernoulli(focal);
    const isSpatial = random.bernoulli(spatial);
    const mode = isFocal ? MODE.focal : isSpatial ? MODE.spatial : MODE.channel;
    modes[CHANNELS * image + mode] = 1;
  });
  return modes;
}

/** A window of the given share of both sides, anywhere inside of the image. */
function drawWindows(request: NoiseRequest, share: number): Float32Array {
  const [height, width] = request.size;
  const [rows, columns] = [Math.round(share * height), Math.round(share * width)];
  const boxes = new Float32Array(4 * request.batch.indices.length);
  forEachImage(request, 'window', (random, image) => {
    const top = random.integer(0, height - rows + 1);
    const left = random.integer(0, width - columns + 1);
    boxes.set([top, left, top + rows, left + columns], 4 * image);
  });
  return boxes;
}

/** One tile of a patch's size, laid into all patches. */
function tile(request: NoiseRequest, purpose: string, grid: number, channels: number, std: number) {
  const [height, width] = request.size;
  const [rows, columns] = tileSize(request.size, grid);
  const values = new Float32Array(rows * columns * channels);
  batchStream(request, purpose).fillNormal(values, 0, std);
  return noiseArray(tiled(values, request.size, grid, channels), 1, height, width, channels);
}

function sharedSheet(request: NoiseRequest, std: number) {
  const [height, width] = request.size;
  const values = new Float32Array(height * width * CHANNELS);
  batchStream(request, 'surroundings').fillNormal(values, 0, std);
  return noiseArray(values, 1, height, width, CHANNELS);
}

function ofEachImage(request: NoiseRequest, draw: (random: RandomStream, out: Float32Array, image: number) => void) {
  const [height, width] = request.size;
  const images = request.batch.indices.length;
  const length = height * width * CHANNELS;
  const values = new Float32Array(images * length);
  forEachImage(request, 'fill', (random, image) => {
    draw(random, values.subarray(image * length, (image + 1) * length), image);
  });
  return noiseArray(values, images, height, width, CHANNELS);
}

/** Draws only what will be seen: the rest stays 0. */
function fillOutside(
  out: Float32Array,
  [height, width]: Size,
  [top, left, bottom, right]: Float32Array,
  random: RandomStream,
  std: number,
): void {
  for (let row = 0; row < height; row++) {
    const start = row * width;
    const isCut = row >= top! && row < bottom!;
    const ranges = isCut
      ? [
          [0, left!],
          [right!, width],
        ]
      : [[0, width]];
    for (const [from, to] of ranges) {
      random.fillNormal(out.subarray((start + from!) * CHANNELS, (start + to!) * CHANNELS), 0, std);
    }
  }
}
