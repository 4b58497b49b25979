import type { Crop } from '@ssl-scene/cropping';
import type { Box, Raster } from '@ssl-scene/geometry';
import {
  histogram,
  linePlot,
  type Overlay,
  page,
  paragraph,
  pictureFrame,
  pictureGrid,
  section,
  table,
  warning,
} from '@ssl-scene/report';

/** One scene as the page shows it. */
export interface DemoPicture {
  readonly id: string;
  readonly raster: Raster;
  readonly heatMap: { readonly width: number; readonly height: number; readonly data: Float32Array };
  /** Found on the heat map, relative to the image. */
  readonly box: Box;
  /** True boxes of the objects, in pixels. */
  readonly objects: readonly Box[];
  readonly crops: readonly Crop[];
}

/** What the demo found out. */
export interface DemoResults {
  /** Accuracies in percent by network. */
  readonly accuracies: readonly { readonly network: string; readonly knn: number; readonly linear: number }[];
  /** Share of the heat-map boxes that cover at least half of a true object, in percent. */
  readonly covered: number;
  /** Mean area of the heat-map boxes relative to the image. */
  readonly meanBoxArea: number;
  readonly boxAreas: readonly number[];
  readonly losses: readonly number[];
  readonly settings: string;
  readonly warnings: readonly string[];
  readonly pictures: readonly DemoPicture[];
}

const COLOURS = { box: 0, object: 1, crop: 2 };

/** The demo's report as one self-contained HTML page. */
export function demoPage(results: DemoResults): string {
  const { accuracies, covered, meanBoxArea, boxAreas, losses, settings, warnings, pictures } = results;
  const percent = (value: number): string => value.toFixed(1);
  return page(
    { title: 'ssl-scene demo', subtitle: settings },
    ...warnings.map((text) => warning(text)),
    section(
      'Does the network learn without labels?',
      paragraph(
        'Accuracy in percent on images of single objects that pre-training never saw: votes of the nearest neighbours, and a linear classifier on frozen features.',
      ),
      table(
        ['network', 'kNN', 'linear'],
        accuracies.map(({ network, knn, linear }) => [network, percent(knn), percent(linear)]),
      ),
    ),
    section(
      'Where do its heat maps look?',
      paragraph(
        `${percent(covered)} % of the boxes found on the network's own heat maps cover at least half of a true object; on average a box takes ${percent(100 * meanBoxArea)} % of its image.`,
      ),
      pictureGrid(pictures.map(frame), {
        key: { [COLOURS.box]: 'heat-map box', [COLOURS.object]: 'true object', [COLOURS.crop]: 'crops drawn (dashed)' },
      }),
      histogram(boxAreas, { xLabel: 'area of the heat-map box relative to the image', yLabel: 'images' }),
    ),
    section('Loss', linePlot([{ name: 'NT-Xent', y: losses }], { xLabel: 'step', yLabel: 'loss' })),
  );
}

function frame({ id, raster, heatMap, box, objects, crops }: DemoPicture) {
  const overlays: Overlay[] = [
    ...crops.map(({ x, y, width, height }) => ({
      box: { x0: x, y0: y, x1: x + width, y1: y + height },
      colour: COLOURS.crop,
      dashed: true,
      label: 'crop',
    })),
    ...objects.map((object) => ({ box: object, colour: COLOURS.object, label: 'true object' })),
    { box, unit: 'relative' as const, colour: COLOURS.box, label: 'heat-map box' },
  ];
  return pictureFrame(raster, { heatMap, heatOpacity: 0.55, overlays, caption: id });
}
