import { makeAxis } from './axis.ts';
import { type Fragment, markup } from './fragment.ts';
import { numberText } from './number-text.ts';
import { coordinate, type PlotOptions, plotArea, plotFrame } from './plot-frame.ts';
import { badArgument } from './report-error.ts';
import { seriesColour } from './series-colours.ts';

/** Options of `histogram`. */
export interface HistogramOptions extends PlotOptions {
  /** Number of bins of equal width. Default: 20. */
  readonly bins?: number;
  /** Lower and upper edge of the bins. Default: least and greatest value. */
  readonly range?: readonly [number, number];
}

/** Counts by bins. */
export interface BinCounts {
  /** `counts.length + 1` edges, ascending. */
  readonly edges: Float64Array;
  /** Values v with `edges[i] <= v < edges[i + 1]`; the last bin includes its upper edge (as in NumPy). */
  readonly counts: Uint32Array;
  /** Values outside the range, and values that are not finite. */
  readonly outside: number;
}

/** Counts values in bins of equal width. Error: no finite value and no range, an empty range, fewer than one bin. */
export function countBins(
  values: ArrayLike<number>,
  options: Pick<HistogramOptions, 'bins' | 'range'> = {},
): BinCounts {
  const bins = options.bins ?? 20;
  if (!Number.isInteger(bins) || bins < 1) {
    throw badArgument('histogram', 'a whole number of bins, at least 1', String(bins), 'Pass for example bins: 20.');
  }
  const [low, high] = options.range ?? spread(values);
  if (!(high > low)) {
    throw badArgument('histogram', 'a range of two ascending numbers', `[${low}, ${high}]`, 'Pass range: [low, high].');
  }
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins);
  edges[bins] = high;
  const counts = new Uint32Array(bins);
  let outside = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= low && value <= high)) {
      outside++;
      continue;
    }
    let bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    // The division above can round across an edge; the edges decide.
    while (value < edges[bin]!) bin--;
    while (bin + 1 < bins && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return { edges, counts, outside };
}

function spread(values: ArrayLike<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) throw badArgument('histogram', 'at least one finite value', 'none', 'Leave the plot out.');
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** A histogram as a figure; says under it how many values fell outside. */
export function histogram(values: ArrayLike<number>, options: HistogramOptions = {}): Fragment {
  const { edges, counts, outside } = countBins(values, options);
  const xAxis = makeAxis(edges[0]!, edges.at(-1)!, 'linear', false, 8);
  const yAxis = makeAxis(0, Math.max(1, ...counts), 'linear', true, 5);
  const area = plotArea(options, xAxis, yAxis);
  const bars = Array.from(counts, (count, bin) => {
    const left = area.x(edges[bin]!);
    const right = area.x(edges[bin + 1]!);
    const top = area.y(count);
    const text = `${count} in [${numberText(edges[bin]!)}, ${numberText(edges[bin + 1]!)})`;
    return markup`<rect fill="${seriesColour(0)}" x="${coordinate(left + 0.5)}" y="${coordinate(top)}" width="${coordinate(Math.max(0.5, right - left - 1))}" height="${coordinate(area.bottom - top)}"><title>${text}</title></rect>`;
  });
  const svg = plotFrame(options, area, xAxis, yAxis, bars);
  const note = outside === 0 ? '' : markup`<p class="note">${outside} of ${values.length} values lie outside.</p>`;
  return markup`<figure class="plot-figure">${svg}${note}</figure>`;
}
