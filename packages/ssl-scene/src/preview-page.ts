import type { Crop } from '@ssl-scene/cropping';
import { boxArea, type Raster } from '@ssl-scene/geometry';
import {
  type Fragment,
  histogram,
  type Overlay,
  page,
  paragraph,
  pictureFrame,
  pictureGrid,
  section,
  warning,
} from '@ssl-scene/report';
import type { MaskPreview, ViewPicture } from './mask-preview.ts';
import type { PairPreview } from './pair-preview.ts';
import type { ImagePreview } from './preview.ts';

const COLOURS = { box: 0, object: 1, crop: 2, salient: 3, partner: 4 };
/** Of pictures of masks, in CSS pixels. */
const MASK_WIDTH = 112;
const KEY = {
  [COLOURS.box]: 'heat-map box',
  [COLOURS.object]: 'labelled object',
  [COLOURS.crop]: 'crops drawn (dashed)',
  [COLOURS.partner]: 'the other view of a salient pair',
};
/** Boxes of at least this share of their image steer nothing. */
const WHOLE = 0.95;

/** The previews as one self-contained HTML page. */
export function previewPage(title: string, subtitle: string, previews: readonly ImagePreview[]): string {
  const areas = previews.map(({ box }) => boxArea(box));
  const whole = areas.filter((area) => area >= WHOLE).length;
  const notes =
    whole > 0
      ? [
          warning(
            `${whole} of ${previews.length} heat-map boxes are the whole image: they steer nothing. Raise regions.threshold, or take an earlier stage.`,
          ),
        ]
      : [];
  return page(
    { title, subtitle },
    ...notes,
    section('Heat-map boxes', histogram(areas, { xLabel: 'area relative to the image', yLabel: 'images' })),
    ...previews.map(imageSection),
  );
}

function imageSection(preview: ImagePreview): Fragment {
  const { index, id, raster, heatMap, box, constant, objects, crops, centres, pairs, views, masks } = preview;
  const outlines: Overlay[] = [
    ...objects.map((object) => ({ box: object, colour: COLOURS.object, label: 'labelled object' })),
    { box, unit: 'relative', colour: COLOURS.box, label: 'heat-map box' },
  ];
  const dashed = crops.map((crop) => cropOutline(crop, COLOURS.crop));
  return section(
    `Image ${index}: ${id}`,
    paragraph(
      constant
        ? 'The heat map is constant: the box is the whole image.'
        : `The box takes ${(100 * boxArea(box)).toFixed(1)} % of the image.`,
    ),
    pictureGrid(
      [
        pictureFrame(raster, { caption: 'original' }),
        pictureFrame(raster, { heatMap, caption: 'heat map' }),
        pictureFrame(raster, { overlays: outlines, caption: 'box' }),
        pictureFrame(raster, { overlays: [...dashed, ...outlines], caption: `${crops.length} crops` }),
        pictureFrame(raster, { heatMap: centres, overlays: outlines, caption: 'centres of 1,000 crops' }),
        ...pairs.map((pair) => pairFrame(raster, pair)),
      ],
      { key: KEY },
    ),
    ...views.map(({ name, pictures }) =>
      pictureGrid(
        pictures.map((picture, draw) => pictureFrame(picture, { caption: `view ${name}, draw ${draw}`, width: 96 })),
      ),
    ),
    ...masks.map(maskGrid),
  );
}

/** The first views of the drawn pairs in one colour, the second ones in another. */
function pairFrame(raster: Raster, { views, first, second, score }: PairPreview): Fragment {
  const overlays = [
    ...first.map((crop) => cropOutline(crop, COLOURS.crop)),
    ...second.map((crop) => cropOutline(crop, COLOURS.partner)),
  ];
  return pictureFrame(raster, { overlays, caption: `${views.join(' and ')}, mean score ${score.toFixed(2)}` });
}

function cropOutline({ x, y, width, height }: Crop, colour: number): Overlay {
  return { box: { x0: x, y0: y, x1: x + width, y1: y + height }, colour, dashed: true, label: 'crop' };
}

/** Both views with their salient patches, and what masks hide of them. */
function maskGrid({ epoch, views, masked }: MaskPreview): Fragment {
  return pictureGrid(
    [
      ...views.map((view) =>
        pictureFrame(view.picture, {
          overlays: salientPatches(view),
          caption: `view ${view.name}, epoch ${epoch}${view.salient ? ', salient patches' : ''}`,
          width: MASK_WIDTH,
        }),
      ),
      ...masked.map(({ caption, picture, hidden }) =>
        pictureFrame(picture, { caption: `${caption}: ${(100 * hidden).toFixed(0)} % hidden`, width: MASK_WIDTH }),
      ),
    ],
    views.some(({ salient }) => salient) ? { key: { [COLOURS.salient]: 'salient patch' } } : {},
  );
}

function salientPatches({ salient }: ViewPicture): Overlay[] {
  if (!salient) return [];
  const { side, data } = salient;
  return [...data.keys()]
    .filter((patch) => data[patch]! > 0)
    .map((patch) => {
      const [row, column] = [Math.floor(patch / side), patch % side];
      const box = { x0: column / side, y0: row / side, x1: (column + 1) / side, y1: (row + 1) / side };
      return { box, unit: 'relative', colour: COLOURS.salient, label: 'salient patch' };
    });
}
