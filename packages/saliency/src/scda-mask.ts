import { SceneError } from '@ssl-scene/errors';
import { connectedComponents } from '@ssl-scene/geometry';
import { checkSize, type MapValues } from './heat-map.ts';

export interface ScdaOptions {
  /**
   * How far below the mean a place may lie and still count, in standard deviations: 0 in SCDA, 0.6 in saliency-guided
   * masking (Chin et al. 2024). Default: 0.
   */
  readonly relax?: number;
  /** Which places to keep of those: all, or the largest part that hangs together, as SCDA does. Default: `all`. */
  readonly component?: 'all' | 'largest';
}

/** What {@link scdaMask} gives. */
export interface ScdaMask {
  /** 1 for foreground, row by row. */
  readonly mask: Uint8Array;
  /** Share of the places that are foreground. */
  readonly foreground: number;
  readonly mean: number;
  /** Standard deviation of the map, of the population. */
  readonly deviation: number;
}

/**
 * Foreground of an activation map as in SCDA ("selective convolutional descriptor aggregation", Wei et al. 2017): the places
 * that are at least as active as the mean. A constant map is all foreground.
 *
 * @param map height × width values, row by row
 */
export function scdaMask(map: MapValues, height: number, width: number, options: ScdaOptions = {}): ScdaMask {
  const { relax = 0, component = 'all' } = options;
  checkSize(map, height, width);
  checkOptions(relax, component);
  const values = Float64Array.from(map as ArrayLike<number>);
  const isConstant = values.every((value) => value === values[0]);
  const mean = isConstant ? values[0]! : values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / values.length);
  const above = Uint8Array.from(values, (value) =>
    value >= mean || Math.abs(value - mean) <= relax * deviation ? 1 : 0,
  );
  const mask = component === 'largest' ? largestPart(above, height, width) : above;
  return { mask, foreground: mask.reduce((sum, value) => sum + value, 0) / mask.length, mean, deviation };
}

function largestPart(data: Uint8Array, height: number, width: number): Uint8Array {
  const { labels, sizes } = connectedComponents({ width, height, data });
  const largest = sizes.reduce((best, size, part) => (size > sizes[best]! ? part : best), 0);
  return Uint8Array.from(labels, (label) => (label === largest + 1 ? 1 : 0));
}

function checkOptions(relax: number, component: string): void {
  if (relax >= 0 && relax < Number.POSITIVE_INFINITY && (component === 'all' || component === 'largest')) return;
  throw new SceneError({
    code: 'HEAT_MAP_OPTION',
    expected: "relax: a number of at least 0; component: 'all' or 'largest'",
    found: `relax ${relax}, component ${JSON.stringify(component)}`,
    where: 'scdaMask',
    fix: 'Correct the option.',
  });
}
