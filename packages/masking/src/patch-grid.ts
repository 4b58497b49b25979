import { SceneError } from '@ssl-scene/errors';
import type { Tensor } from '@ssl-scene/tensors';
import { type Matrix, matrix, separableProduct } from './separable-product.ts';

/** Height and width in pixels. */
export type Size = readonly [height: number, width: number];

/** Which of `grid` equal parts of a side each of its pixels belongs to, by the pixel's centre. */
export function patchOfPixel(length: number, grid: number): Uint16Array {
  return Uint16Array.from({ length }, (_, pixel) => Math.floor(((pixel + 0.5) * grid) / length));
}

/**
 * Spreads values of patches over the patches' pixels. Where the side is no multiple of the grid, patches differ by a pixel.
 *
 * @param patches (N, G, G, C). @returns (N, height, width, C).
 */
export function patchPixels(patches: Tensor, [height, width]: Size): Tensor {
  const [, rows, columns] = patches.shape as [number, number, number, number];
  checkGrid([height, width], [rows, columns]);
  return separableProduct(patches, membership(height, rows), membership(width, columns));
}

/**
 * Lays one tile into every patch, from its upper left corner on.
 *
 * @param tile (h, w, C) values, at least as large as a patch; see {@link tileSize}. @returns (height, width, C) values.
 */
export function tiled(tile: Float32Array, [height, width]: Size, grid: number, channels: number): Float32Array {
  const [, tileWidth] = tileSize([height, width], grid);
  const [rows, columns] = [placesInPatch(height, grid), placesInPatch(width, grid)];
  const image = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (rows[y]! * tileWidth + columns[x]!) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) image[to + channel] = tile[from + channel]!;
    }
  }
  return image;
}

/** Size of the largest patch. */
export function tileSize([height, width]: Size, grid: number): Size {
  return [Math.ceil(height / grid), Math.ceil(width / grid)];
}

/** For each pixel of a side how far it is from its patch's start. */
function placesInPatch(length: number, grid: number): Uint16Array {
  const patches = patchOfPixel(length, grid);
  const places = new Uint16Array(length);
  for (let pixel = 1; pixel < length; pixel++) {
    places[pixel] = patches[pixel] === patches[pixel - 1] ? places[pixel - 1]! + 1 : 0;
  }
  return places;
}

function membership(length: number, grid: number): Matrix {
  const patches = patchOfPixel(length, grid);
  return matrix(length, grid, (pixel, patch) => (patches[pixel] === patch ? 1 : 0));
}

/** Throws where a patch would have no pixel. */
function checkGrid([height, width]: Size, [rows, columns]: readonly [number, number]): void {
  if (rows <= height && columns <= width) return;
  throw new SceneError({
    code: 'GRID_TOO_FINE',
    expected: `at most ${height} × ${width} patches, as many as the image has pixels`,
    found: `${rows} × ${columns}`,
    where: 'patch grid',
    fix: 'Choose a coarser grid or larger views.',
  });
}
