import { SceneError } from '@ssl-scene/errors';
import type { ScalarMap } from '@ssl-scene/geometry';
import { type SaliencyGrid, saliencyGrid } from './saliency-grid.ts';
import { type ComponentRule, type SalientComponents, salientComponents } from './salient-components.ts';

/**
 * The heat map of one image, together with what samplers have derived from it: all views of an image share one object, so
 * that grids and components are made once for all of them.
 */
export class HeatMap implements ScalarMap {
  readonly width: number;
  readonly height: number;
  /** Row by row, any range; must not change afterwards. */
  readonly data: ArrayLike<number>;
  readonly #grids = new Map<number, SaliencyGrid>();
  readonly #components = new Map<string, SalientComponents>();

  /** @throws BAD_HEAT_MAP where sides and data do not fit together */
  constructor({ width, height, data }: ScalarMap) {
    const wholeSides = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
    if (!wholeSides || data.length !== width * height) {
      throw new SceneError({
        code: 'BAD_HEAT_MAP',
        expected: 'positive whole sides and a value for each of their places',
        found: `${width} x ${height} and ${data.length} values`,
        where: 'HeatMap',
        fix: 'Pass the map row by row with its width and height.',
      });
    }
    this.width = width;
    this.height = height;
    this.data = data;
  }

  /** The map on a grid with `factor` cells for each of its places along either side; made once. */
  grid(factor: number): SaliencyGrid {
    let grid = this.#grids.get(factor);
    if (grid === undefined) {
      grid = saliencyGrid(this, factor * this.width, factor * this.height);
      this.#grids.set(factor, grid);
    }
    return grid;
  }

  /** The salient parts of `grid(factor)`; made once for each rule. */
  components(factor: number, rule: ComponentRule): SalientComponents {
    const key = `${factor} ${rule.tau} ${rule.gamma}`;
    let components = this.#components.get(key);
    if (components === undefined) {
      components = salientComponents(this.grid(factor), rule);
      this.#components.set(key, components);
    }
    return components;
  }
}
