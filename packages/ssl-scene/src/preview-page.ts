import { boxArea } from '@ssl-scene/geometry';
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
import type { ImagePreview } from './preview.ts';

const COLOURS = { box: 0, object: 1, crop: 2 };
const KEY = {
  [COLOURS.box]: 'heat-map box',
  [COLOURS.object]: 'labelled object',
  [COLOURS.crop]: 'crops drawn (dashed)',
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
  const { index, id, raster, heatMap, box, constant, objects, crops, centres, views } = preview;
  const outlines: Overlay[] = [
    ...objects.map((object) => ({ box: object, colour: COLOURS.object, label: 'labelled object' })),
    { box, unit: 'relative', colour: COLOURS.box, label: 'heat-map box' },
  ];
  const dashed: Overlay[] = crops.map(({ x, y, width, height }) => ({
    box: { x0: x, y0: y, x1: x + width, y1: y + height },
    colour: COLOURS.crop,
    dashed: true,
    label: 'crop',
  }));
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
      ],
      { key: KEY },
    ),
    ...views.map(({ name, pictures }) =>
      pictureGrid(
        pictures.map((picture, draw) => pictureFrame(picture, { caption: `view ${name}, draw ${draw}`, width: 96 })),
      ),
    ),
  );
}
