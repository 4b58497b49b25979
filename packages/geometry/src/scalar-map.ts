import { SceneError } from '@ssl-scene/errors';

/** A number for every pixel, row-major: `data.length === width * height`. */
export interface ScalarMap {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Throws `BAD_MAP` unless the sides are whole numbers above 0, below 2^31 pixels in all, and match the data. */
export function checkMap(map: ScalarMap, where: string): void {
  const { width, height, data } = map;
  checkSize(width, height, where);
  if (data.length === width * height) return;
  throw new SceneError({
    code: 'BAD_MAP',
    expected: `${width} × ${height} = ${width * height} values`,
    found: `${data.length} values`,
    where,
    fix: 'Pass one value for each pixel, row by row.',
  });
}

export function checkSize(width: number, height: number, where: string): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && width * height < 2 ** 31)
    return;
  throw new SceneError({
    code: 'BAD_MAP',
    expected: 'a width and height that are whole numbers above 0, with fewer than 2^31 pixels',
    found: `${width} × ${height}`,
    where,
    fix: 'Check the size of the image.',
  });
}
