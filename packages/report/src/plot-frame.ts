import type { Axis } from './axis.ts';
import { type Content, type Fragment, markup } from './fragment.ts';

/** Size and texts of a plot, shared by all kinds of plots. */
export interface PlotOptions {
  /** Heading above the plot. Default: none. */
  readonly title?: string;
  /** Text under the horizontal axis. Default: none. */
  readonly xLabel?: string;
  /** Text beside the vertical axis. Default: none. */
  readonly yLabel?: string;
  /** Width in CSS pixels before the page shrinks it to fit. Default: 640. */
  readonly width?: number;
  /** Height in CSS pixels. Default: 320. */
  readonly height?: number;
}

/** Where the marks of a plot go. */
export interface PlotArea {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const CHARACTER_WIDTH = 6.6;

/** The drawing area inside margins that fit the labels. */
export function plotArea(options: PlotOptions, xAxis: Axis, yAxis: Axis): PlotArea {
  const width = options.width ?? 640;
  const height = options.height ?? 320;
  const widestLabel = Math.max(...yAxis.ticks.map((tick) => yAxis.label(tick).length), 1);
  const left = 14 + widestLabel * CHARACTER_WIDTH + (options.yLabel === undefined ? 0 : 18);
  const right = width - 16;
  const top = options.title === undefined ? 12 : 34;
  const bottom = height - (options.xLabel === undefined ? 28 : 46);
  const x = (value: number): number => left + xAxis.place(value) * (right - left);
  const y = (value: number): number => bottom - yAxis.place(value) * (bottom - top);
  return { width, height, left, top, right, bottom, x, y };
}

/** A coordinate with a tenth of a pixel: enough for the eye, and short. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The whole plot: frame, grid, axes and `marks`, as an SVG element. */
export function plotFrame(options: PlotOptions, area: PlotArea, xAxis: Axis, yAxis: Axis, marks: Content): Fragment {
  const { width, height, left, right, top, bottom } = area;
  const name = options.title ?? [options.yLabel, options.xLabel].filter(Boolean).join(' over ');
  const rows = yAxis.ticks.map((tick) => horizontalTick(area, tick, yAxis.label(tick)));
  const columns = xAxis.ticks.map((tick) => verticalTick(area, tick, xAxis.label(tick)));
  const middle = coordinate((left + right) / 2);
  const centre = coordinate((top + bottom) / 2);
  const title =
    options.title === undefined
      ? ''
      : markup`<text class="plot-title" x="${middle}" y="20" text-anchor="middle">${options.title}</text>`;
  const xLabel =
    options.xLabel === undefined
      ? ''
      : markup`<text x="${middle}" y="${height - 8}" text-anchor="middle">${options.xLabel}</text>`;
  const yLabel =
    options.yLabel === undefined
      ? ''
      : markup`<text transform="translate(14 ${centre}) rotate(-90)" text-anchor="middle">${options.yLabel}</text>`;
  return markup`<svg class="plot" role="img" aria-label="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">
${rows}${columns}<path class="axis" d="M${coordinate(left)} ${coordinate(top)}V${coordinate(bottom)}H${coordinate(right)}"/>
${marks}
${title}${xLabel}${yLabel}</svg>`;
}

function horizontalTick(area: PlotArea, value: number, label: string): Fragment {
  const y = area.y(value);
  const line = `M${coordinate(area.left)} ${coordinate(y)}H${coordinate(area.right)}`;
  const x = coordinate(area.left - 6);
  return markup`<path class="grid" d="${line}"/><text x="${x}" y="${coordinate(y + 4)}" text-anchor="end">${label}</text>`;
}

function verticalTick(area: PlotArea, value: number, label: string): Fragment {
  const x = coordinate(area.x(value));
  const line = `M${x} ${coordinate(area.bottom)}v4`;
  const y = coordinate(area.bottom + 18);
  return markup`<path class="axis" d="${line}"/><text x="${x}" y="${y}" text-anchor="middle">${label}</text>`;
}
