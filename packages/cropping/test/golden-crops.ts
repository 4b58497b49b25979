import { loadGolden } from '@ssl-scene/vitest-config/golden';

export interface GoldenCase<Args, Expected> {
  readonly id: string;
  readonly args: Args;
  readonly expected: Expected;
}

export const available = loadGolden('crops') !== undefined;

export function goldenCases<Args, Expected>(functionName: string): GoldenCase<Args, Expected>[] {
  return (loadGolden('crops') ?? []).filter((item) => item.function === functionName) as GoldenCase<Args, Expected>[];
}

export type RelativeBox = readonly [h0: number, w0: number, h1: number, w1: number];

export const boxOf = ([y0, x0, y1, x1]: RelativeBox) => ({ x0, y0, x1, y1 });
