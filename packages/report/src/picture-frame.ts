import { type Content, type Fragment, markup } from './fragment.ts';
import { type HeatMap, heatPicture } from './heat-colours.ts';
import { coordinate } from './plot-frame.ts';
import { channelsOf, type Picture, pngDataUrl } from './png.ts';
import { badArgument } from './report-error.ts';
import { seriesColour, seriesDash } from './series-colours.ts';

/** A rectangle drawn over a picture. */
export interface Overlay {
  /** Half-open edges. */
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
  /** Whether the edges are pixels of the picture or fractions of its sides. Default: `pixels`. */
  readonly unit?: 'pixels' | 'relative';
  /** Index into the page's colours; give things of one kind the same number. Default: the overlay's own position. */
  readonly colour?: number;
  /** Whether the line is dashed, for example for crops beside boxes. Default: false. */
  readonly dashed?: boolean;
  /** Text of the tooltip. Default: none. */
  readonly label?: string;
}

/** Options of `pictureFrame`. */
export interface PictureFrameOptions {
  /** Rectangles over the picture. Default: none. */
  readonly overlays?: readonly Overlay[];
  /** Heat map stretched over the whole picture. Default: none. */
  readonly heatMap?: HeatMap;
  /** Opacity of the heat map's maximum, in [0, 1]. Default: 0.7. */
  readonly heatOpacity?: number;
  /** Text under the picture; also its description for screen readers. Default: none. */
  readonly caption?: string;
  /** Width on the page in CSS pixels; the height keeps the picture's proportion. Default: 160. */
  readonly width?: number;
}

/** A picture with a heat map and rectangles over it, in vectors, so that they stay sharp at every magnification. */
export function pictureFrame(picture: Picture, options: PictureFrameOptions = {}): Fragment {
  channelsOf(picture, 'pictureFrame(picture)');
  const { width, height } = picture;
  const shownWidth = options.width ?? 160;
  const shownHeight = (shownWidth * height) / width;
  const unit = width / shownWidth;
  const caption = options.caption;
  const layers: Content[] = [
    markup`<image class="${unit < 1 ? 'pixels' : 'smooth'}" href="${pngDataUrl(picture)}" width="${width}" height="${height}" preserveAspectRatio="none"/>`,
  ];
  if (options.heatMap !== undefined) {
    const overlay = pngDataUrl(heatPicture(options.heatMap, options.heatOpacity ?? 0.7));
    layers.push(
      markup`<image class="smooth" href="${overlay}" width="${width}" height="${height}" preserveAspectRatio="none"/>`,
    );
  }
  for (const [index, overlay] of (options.overlays ?? []).entries()) {
    layers.push(rectangle(overlay, picture, unit, index));
  }
  const size = markup`width="${coordinate(shownWidth)}" height="${coordinate(shownHeight)}"`;
  const svg = markup`<svg class="picture" role="img" aria-label="${caption ?? 'picture'}" viewBox="0 0 ${width} ${height}" ${size} xmlns="http://www.w3.org/2000/svg">${layers}</svg>`;
  const text = caption === undefined ? '' : markup`<figcaption>${caption}</figcaption>`;
  return markup`<figure class="picture-figure" style="width:${coordinate(shownWidth)}px">${svg}${text}</figure>`;
}

function rectangle(overlay: Overlay, picture: Picture, unit: number, index: number): Fragment {
  const { box } = overlay;
  const [scaleX, scaleY] = overlay.unit === 'relative' ? [picture.width, picture.height] : [1, 1];
  const edges = [box.x0 * scaleX, box.y0 * scaleY, box.x1 * scaleX, box.y1 * scaleY] as const;
  if (!edges.every(Number.isFinite) || edges[2] < edges[0] || edges[3] < edges[1]) {
    throw badArgument('overlay', 'a box with x0 <= x1 and y0 <= y1', JSON.stringify(box), 'Check the order of edges.');
  }
  const number = (value: number): string => String(Math.round(value * 1000) / 1000);
  const place = markup`x="${number(edges[0])}" y="${number(edges[1])}" width="${number(edges[2] - edges[0])}" height="${number(edges[3] - edges[1])}"`;
  const colour = overlay.colour ?? index;
  const dash = overlay.dashed === true ? `${number(6 * unit)} ${number(3 * unit)}` : seriesDash(colour);
  const title = overlay.label === undefined ? '' : markup`<title>${overlay.label}</title>`;
  // A white line under the coloured one keeps the box visible on every background.
  return markup`<rect class="halo" ${place} stroke-width="${number(3.5 * unit)}"/><rect class="overlay" ${place} stroke="${seriesColour(colour)}" stroke-dasharray="${dash}" stroke-width="${number(2 * unit)}">${title}</rect>`;
}

/** Pictures side by side, wrapping at the page's edge, with an optional key of the overlays' colours. */
export function pictureGrid(
  frames: readonly Fragment[],
  options: {
    /** What each colour number stands for. Default: no key. */
    readonly key?: Readonly<Record<number, string>>;
  } = {},
): Fragment {
  const items = Object.entries(options.key ?? {}).map(
    ([colour, name]) =>
      markup`<span class="legend-item"><svg width="14" height="14" aria-hidden="true"><rect x="2" y="2" width="10" height="10" fill="none" stroke-width="2" stroke="${seriesColour(Number(colour))}"/></svg>${name}</span>`,
  );
  const key = items.length === 0 ? '' : markup`<div class="legend">${items}</div>`;
  return markup`<div class="picture-grid">${frames}</div>${key}`;
}
