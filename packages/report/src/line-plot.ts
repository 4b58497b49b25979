import { makeAxis, type Scale } from './axis.ts';
import { type Content, type Fragment, markup } from './fragment.ts';
import { numberText } from './number-text.ts';
import { coordinate, type PlotArea, type PlotOptions, plotArea, plotFrame } from './plot-frame.ts';
import { badArgument } from './report-error.ts';
import { seriesColour, seriesDash } from './series-colours.ts';

/** One line of a plot. */
export interface Series {
  /** Name in the legend. */
  readonly name: string;
  /** Values of y in the order of x. A non-finite value leaves a gap and is counted under the plot. */
  readonly y: ArrayLike<number>;
  /** Values of x. Default: 0, 1, 2, … */
  readonly x?: ArrayLike<number>;
}

/** Options of `linePlot`. */
export interface LinePlotOptions extends PlotOptions {
  /** Scale of the vertical axis; `log` needs values above 0. Default: `linear`. */
  readonly yScale?: Scale;
  /** Values that the vertical axis must hold besides the data, for example `[0, 1]`. Default: none. */
  readonly include?: readonly number[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Lines over a common pair of axes, as a figure with a legend. Dense series are thinned to the lowest and highest value
 * of each pixel column, so that peaks stay. Error: no series, no finite point, x and y of unequal length, or a value
 * of 0 or less on a logarithmic axis.
 */
export function linePlot(series: readonly Series[], options: LinePlotOptions = {}): Fragment {
  const lines = series.map(pointsOf);
  const finite = lines.flat().filter(isFinitePoint);
  if (finite.length === 0) {
    throw badArgument('linePlot(series)', 'at least one finite point', 'none', 'Leave the plot out.');
  }
  const yScale = options.yScale ?? 'linear';
  const yValues = [...finite.map((point) => point.y), ...(options.include ?? [])];
  if (yScale === 'log') requirePositive(yValues);
  const xRange = rangeOf(finite.map((point) => point.x));
  const yRange = rangeOf(yValues);
  const xAxis = makeAxis(xRange.low, xRange.high, 'linear', false, 8);
  const yAxis = makeAxis(yRange.low, yRange.high, yScale, true, 6);
  const area = plotArea(options, xAxis, yAxis);
  const paths = lines.map((points, index) => linePath(area, points, series[index]!.name, index));
  const gaps = lines.flat().length - finite.length;
  const svg = plotFrame(options, area, xAxis, yAxis, paths);
  return markup`<figure class="plot-figure">${svg}${legend(series)}${gapNote(gaps)}</figure>`;
}

function pointsOf({ name, x, y }: Series): Point[] {
  if (x !== undefined && x.length !== y.length) {
    const expected = `as many values of x as of y (${y.length})`;
    throw badArgument(`series "${name}"`, expected, `${x.length}`, 'Pass x and y of equal length.');
  }
  return Array.from(y, (value, index) => ({ x: x === undefined ? index : x[index]!, y: value }));
}

function isFinitePoint(point: Point): boolean {
  return Number.isFinite(point.x) && Number.isFinite(point.y);
}

function requirePositive(values: readonly number[]): void {
  const bad = values.find((value) => value <= 0);
  if (bad === undefined) return;
  throw badArgument('linePlot', 'values above 0 on a logarithmic axis', String(bad), "Use yScale: 'linear'.");
}

function rangeOf(values: readonly number[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

function linePath(area: PlotArea, points: readonly Point[], name: string, index: number): Fragment {
  const runs = finiteRuns(points);
  const colour = seriesColour(index);
  const path = runs
    .filter((run) => run.length > 1)
    .flatMap((run) =>
      thin(area, run).map((p, i) => `${i === 0 ? 'M' : 'L'}${coordinate(area.x(p.x))} ${coordinate(area.y(p.y))}`),
    )
    .join('');
  const title = markup`<title>${name}</title>`;
  const line = markup`<path class="line" stroke="${colour}" stroke-dasharray="${seriesDash(index)}" d="${path}">${title}</path>`;
  const dots = (points.length <= 40 ? runs.flat() : runs.filter((run) => run.length === 1).flat()).map(
    (p) =>
      markup`<circle fill="${colour}" cx="${coordinate(area.x(p.x))}" cy="${coordinate(area.y(p.y))}" r="2.5"><title>${name}: ${numberText(p.y, 6)} at ${numberText(p.x, 6)}</title></circle>`,
  );
  return markup`${path === '' ? '' : line}${dots}`;
}

function finiteRuns(points: readonly Point[]): Point[][] {
  const runs: Point[][] = [];
  let open: Point[] | undefined;
  for (const point of points) {
    if (!isFinitePoint(point)) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      runs.push(open);
    }
    open.push(point);
  }
  return runs;
}

/** Lowest and highest point of every pixel column, in their order, where there are more than four points a column. */
function thin(area: PlotArea, run: readonly Point[]): readonly Point[] {
  const columns = Math.ceil(area.right - area.left);
  if (run.length <= columns * 4) return run;
  const kept: Point[] = [run[0]!];
  const perColumn = run.length / columns;
  for (let column = 0; column < columns; column++) {
    const slice = run.slice(Math.floor(column * perColumn), Math.floor((column + 1) * perColumn));
    let lowest = 0;
    let highest = 0;
    for (const [index, point] of slice.entries()) {
      if (point.y < slice[lowest]!.y) lowest = index;
      if (point.y > slice[highest]!.y) highest = index;
    }
    kept.push(slice[Math.min(lowest, highest)]!, slice[Math.max(lowest, highest)]!);
  }
  kept.push(run.at(-1)!);
  return kept;
}

function legend(series: readonly Series[]): Content {
  if (series.length < 2) return '';
  const items = series.map(
    ({ name }, index) =>
      markup`<span class="legend-item"><svg width="26" height="10" aria-hidden="true"><path class="line" stroke="${seriesColour(index)}" stroke-dasharray="${seriesDash(index)}" d="M1 5H25"/></svg>${name}</span>`,
  );
  return markup`<div class="legend">${items}</div>`;
}

function gapNote(gaps: number): Content {
  if (gaps === 0) return '';
  return markup`<p class="note">${gaps} ${gaps === 1 ? 'value is' : 'values are'} not finite and left out.</p>`;
}
