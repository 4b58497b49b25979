import { readFileSync } from 'node:fs';
import { cropAndResize, normalise, resize } from '@ssl-scene/augmentations';
import { loadPretrained, squeezeNet } from '@ssl-scene/backbones';
import { sampleCrop } from '@ssl-scene/cropping';
import { type ImageDataset, openSaliencyFolders } from '@ssl-scene/datasets';
import { type Box, boxArea, boxIou, type Raster, type ScalarMap } from '@ssl-scene/geometry';
import { initialise, type Variables } from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import {
  activationMap,
  boxFromHeatMap,
  colourDistribution,
  contrastiveGradCamMap,
  type HeatMapProvider,
  type MapFunction,
  minimumBarrierSaliency,
  minMaxNormalise,
  type NetworkFreeMap,
  networkHeatMaps,
  outputSimilarityMap,
  rocAuc,
  SaliencyQuality,
  type SaliencyReport,
  spectralResidual,
  type Threshold,
  upsampleBilinear,
} from '@ssl-scene/saliency';
import { type Tensor, tf } from '@ssl-scene/tensors';

/** A way to get the saliency of one image, in any size. */
export type MapSource = (image: Raster, index: number) => NetworkFreeMap | Promise<NetworkFreeMap>;

/** A row of the table. */
export interface QualityRow extends SaliencyReport {
  readonly name: string;
  /** Mean area under the ROC curve. */
  readonly auc: number;
  /** Mean IoU of the box at each threshold with the box around the true mask, and its mean area. */
  readonly boxes: readonly { readonly threshold: Threshold; readonly iou: number; readonly area: number }[];
}

/** Left, top, width and height in pixels of what is salient, by image. */
type TrueBoxes = Readonly<Record<string, { readonly bbox: readonly [number, number, number, number] }>>;

/** Thresholds for the boxes: the paper's, a higher one, and an adaptive one. */
const THRESHOLDS: readonly Threshold[] = [0.1, 0.5, 'otsu'];
/** Side of SqueezeNet's input. */
const SIDE = 227;
/** Its mean colour, of a scale from 0 to 255. */
const SQUEEZENET_COLOURS = { mean: [123 / 255, 117 / 255, 104 / 255], std: [1 / 255, 1 / 255, 1 / 255] } as const;

/** The sources without a network. */
export const NETWORK_FREE: Readonly<Record<string, MapSource>> = {
  'spectral residual': (image) => spectralResidual(image),
  'minimum barrier distance': (image) => minimumBarrierSaliency(image),
  'the same, without border colours': (image) => minimumBarrierSaliency(image, { borderColours: false }),
  'the same, not smoothed': (image) => minimumBarrierSaliency(image, { smooth: false }),
  'the same, with a centre prior': (image) => minimumBarrierSaliency(image, { centrePrior: true }),
  'colour distribution': (image) => colourDistribution(image),
};

/** The sources that look through SqueezeNet 1.0, with ImageNet weights (labels) from a file, or untrained. */
export function networkSources(weights: string): Readonly<Record<string, MapSource>> {
  const backbone = squeezeNet();
  const trained = loadPretrained(backbone, weights).variables;
  const untrained = initialise(backbone, 0);
  const features = (state: Variables, images: Tensor, stage: string): Tensor =>
    // The Caffe model sees blue, green, red.
    backbone.features(state, tf.reverse(images, 3), { training: false, updates: {} }, [stage]).taps[stage]!;
  const source = (name: string, state: Variables, maps: (state: Variables) => MapFunction, options = {}): MapSource =>
    fromProvider(networkHeatMaps({ name, state: { ...state }, maps, ...options }));
  const activation = (stage: string, reduce: 'sum' | 'l2') => (state: Variables) => (images: Tensor) =>
    activationMap(features(state, images, stage), reduce);
  const similarity = (state: Variables) => (images: Tensor) => outputSimilarityMap(features(state, images, 'fire9'));
  const gradCam = (state: Variables) => (images: Tensor, others?: Tensor) =>
    contrastiveGradCamMap(features(state, images, 'fire9'), tf.mean(features(state, others!, 'fire9'), [1, 2]));
  return {
    'untrained, activation sum, fire9': source('u', untrained, activation('fire9', 'sum')),
    'ImageNet, activation sum, fire9': source('a', trained, activation('fire9', 'sum')),
    'ImageNet, activation L2, fire9': source('l', trained, activation('fire9', 'l2')),
    'ImageNet, activation sum, fire8': source('s', trained, activation('fire8', 'sum')),
    'ImageNet, activation sum, flips and scales': source('f', trained, activation('fire9', 'sum'), {
      flip: true,
      scales: [1, 1.4],
    }),
    'ImageNet, output similarity': source('o', trained, similarity),
    'ImageNet, contrastive Grad-CAM': source('g', trained, gradCam, { needsOthers: true }),
  };
}

/** Measures a source on the first images of a folder with `images`, `masks` and `boxes.json`, in their own sizes. */
export async function measure(name: string, source: MapSource, folder: string, count: number): Promise<QualityRow> {
  const dataset = openSaliencyFolders({
    kind: 'saliency-folders',
    images: `${folder}/images`,
    masks: `${folder}/masks`,
  });
  const quality = new SaliencyQuality();
  const boxes = THRESHOLDS.map((threshold) => ({ threshold, iou: 0, area: 0 }));
  const trueBoxes = JSON.parse(readFileSync(`${folder}/boxes.json`, 'utf8')) as TrueBoxes;
  const images = Math.min(count, dataset.length);
  let auc = 0;
  try {
    for (let index = 0; index < images; index++) {
      const { image, truth, box } = await judgedImage(dataset, trueBoxes, index);
      const map = await source(image, index);
      const saliency = bytesOf(map, image);
      quality.add({ saliency, truth });
      auc += rocAuc(saliency, truth) / images;
      for (const row of boxes) {
        const input = { inputHeight: 224, inputWidth: 224, threshold: row.threshold };
        const found = boxFromHeatMap(map.data, map.height, map.width, input).box;
        row.iou += boxIou(found, box) / images;
        row.area += boxArea(found) / images;
      }
    }
  } finally {
    dataset.close?.();
  }
  return { name, ...quality.report(), auc, boxes };
}

async function judgedImage(
  dataset: ImageDataset,
  trueBoxes: TrueBoxes,
  index: number,
): Promise<{ image: Raster; truth: ScalarMap; box: Box }> {
  const image = await dataset.pixels(index);
  const truth = (await dataset.mask!(index))!;
  const [x, y, width, height] = trueBoxes[dataset.id(index).replace(/\.[a-z]+$/, '')]!.bbox;
  const box = {
    x0: x / image.width,
    y0: y / image.height,
    x1: (x + width) / image.width,
    y1: (y + height) / image.height,
  };
  return { image, truth, box };
}

/** Stretched to 0 … 255 and enlarged to the image's size. */
function bytesOf({ width, height, data }: NetworkFreeMap, image: Raster): ScalarMap {
  const pixels = upsampleBilinear(minMaxNormalise(data).values, [height, width], [image.height, image.width]);
  return {
    width: image.width,
    height: image.height,
    data: Uint8Array.from(pixels, (value) => Math.round(255 * value)),
  };
}

function fromProvider(provider: HeatMapProvider): MapSource {
  return async (image, index) => {
    const pixels = normalised(resize(image, SIDE, SIDE));
    const others = provider.needsOthers ? { others: normalised(secondView(image, index)) } : {};
    const batch = { images: 1, height: SIDE, width: SIDE, pixels, ...others };
    const { width, height, values } = await provider.maps(batch);
    return { width, height, data: Float64Array.from(values) };
  };
}

function normalised(raster: Raster): Float32Array {
  return normalise(raster, SQUEEZENET_COLOURS.mean, SQUEEZENET_COLOURS.std);
}

function secondView(image: Raster, index: number): Raster {
  const random = randomStream(0, 'second view', index);
  const spec = { kind: 'random-resized', scale: [0.5, 1] } as const;
  return cropAndResize(image, sampleCrop(spec, image.width, image.height, undefined, random), SIDE, SIDE);
}
