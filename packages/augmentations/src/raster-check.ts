import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';

const CHANNELS = 3;

/** Throws unless `raster` has positive sides and exactly three bytes a pixel. */
export function checkRaster(raster: Raster, where: string): void {
  const { width, height, data } = raster;
  if (isSide(width) && isSide(height) && data.length === width * height * CHANNELS) return;
  throw new SceneError({
    code: 'BAD_RASTER',
    expected: 'positive integer sides and width * height * 3 bytes of interleaved RGB',
    found: `width ${width}, height ${height}, ${data?.length} bytes`,
    where,
    fix: 'Decode the image to 8-bit RGB without alpha.',
  });
}

/** Throws unless both sides are positive integers. */
export function checkSize(width: number, height: number, where: string): void {
  if (isSide(width) && isSide(height)) return;
  throw new SceneError({
    code: 'BAD_SIZE',
    expected: 'positive integer width and height',
    found: `${width} x ${height}`,
    where,
    fix: 'Give both sides in whole pixels.',
  });
}

/** `out`, checked to have the given size, or a new raster where there is none. */
export function resultRaster(out: Raster | undefined, width: number, height: number, where: string): Raster {
  if (out === undefined) return { width, height, data: new Uint8Array(width * height * CHANNELS) };
  checkRaster(out, `${where}, out`);
  if (out.width === width && out.height === height) return out;
  throw new SceneError({
    code: 'BAD_SIZE',
    expected: `an output raster of ${width} x ${height}`,
    found: `${out.width} x ${out.height}`,
    where: `${where}, out`,
    fix: 'Leave `out` away or give it the size of the result.',
  });
}

function isSide(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}
