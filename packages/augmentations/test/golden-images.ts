import type { Raster } from '@ssl-scene/geometry';
import { loadGolden } from '@ssl-scene/vitest-config/golden';

export interface GoldenImage {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

export const raster = ({ width, height, data }: GoldenImage): Raster => ({
  width,
  height,
  data: Uint8Array.from(data),
});

/** Cases by function; where the golden folder is absent the list is empty and `available` false. */
export interface GoldenCase<Args, Expected> {
  readonly id: string;
  readonly args: Args;
  readonly expected: Expected;
}

export function goldenCases<Args, Expected>(topic: string, functionName: string): GoldenCase<Args, Expected>[] {
  return (loadGolden(topic) ?? []).filter((item) => item.function === functionName) as GoldenCase<Args, Expected>[];
}

export const available = loadGolden('resize') !== undefined && loadGolden('colour') !== undefined;
