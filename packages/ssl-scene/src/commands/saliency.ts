import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { normalise, resize } from '@ssl-scene/augmentations';
import { findDataset, openDataset } from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { encodePng } from '@ssl-scene/report';
import {
  boxesFromHeatMap,
  boxFromHeatMap,
  type HeatMapProvider,
  minMaxNormalise,
  type NetworkFreeMethod,
  networkFreeHeatMaps,
  type Threshold,
  upsampleBilinear,
} from '@ssl-scene/saliency';
import { useBackend } from '@ssl-scene/tensors';
import { loadRun, type Normalisation, regionHeatMaps } from '@ssl-scene/training';
import type { Output } from '../output.ts';
import { makeEvaluatedFramework } from '../recipe.ts';
import { heatMapRule } from '../regions.ts';
import { readRunFolder } from '../run-folder.ts';
import { saliencyOverlay } from '../saliency-overlay.ts';

export interface SaliencyCommandOptions {
  readonly out?: string;
  readonly method?: string;
  readonly run?: string;
  readonly threshold?: string;
  readonly size?: string;
  readonly json?: boolean;
}

interface Localiser {
  readonly provider: HeatMapProvider;
  readonly normalisation: Normalisation;
  readonly size: number;
}

/** Heat maps and boxes of a folder's images, as pictures and as `saliency.json`; bad pictures are listed there, not skipped silently. */
export async function saliencyCommand(folder: string, options: SaliencyCommandOptions, output: Output): Promise<void> {
  const { out = 'saliency', json } = options;
  const threshold = thresholdOf(options.threshold ?? 'otsu');
  const localiser = options.run === undefined ? networkFree(options) : await ofRun(options.run, options);
  const dataset = await openDataset(findDataset(folder));
  const images: object[] = [];
  const failed: object[] = [];
  for (let index = 0; index < dataset.length; index++) {
    const id = dataset.id(index);
    try {
      const picture = await dataset.pixels(index);
      images.push({ id, ...(await localise(picture, localiser, threshold, join(out, `${id}.png`))) });
    } catch (error) {
      if (!isSceneError(error)) throw error;
      failed.push({ id, code: error.code, message: error.message });
      output.warn(`${id}: ${error.message}`);
    }
    if ((index + 1) % 100 === 0) output.log(`${index + 1} of ${dataset.length} images`);
  }
  dataset.close?.();
  localiser.provider.dispose();
  const summary = { method: localiser.provider.name, threshold, size: localiser.size, images, failed };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'saliency.json'), `${JSON.stringify(summary, null, 2)}\n`);
  if (json) output.result(JSON.stringify(summary));
  else output.result(`${images.length} images, ${failed.length} that could not be read: ${join(out, 'saliency.json')}`);
}

const DEFAULT_SIZE = 128;
/** What needs no network needs no statistics of its training images either. */
const LEVELS: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };

function networkFree({ method = 'minimum-barrier', size }: SaliencyCommandOptions): Localiser {
  const normalisation = LEVELS;
  const provider = networkFreeHeatMaps({ method: method as NetworkFreeMethod, normalise: normalisation });
  return { provider, normalisation, size: sizeOf(size, DEFAULT_SIZE) };
}

/** What a run's own regions say: its network, or what it looked with. */
async function ofRun(run: string, { size }: SaliencyCommandOptions): Promise<Localiser> {
  const { config } = readRunFolder(run);
  await useBackend();
  const framework = makeEvaluatedFramework(config);
  const variables = (await loadRun(run)).variables(framework);
  const provider = regionHeatMaps(heatMapRule(config), variables, { framework, normalise: config.normalise });
  return { provider, normalisation: config.normalise, size: sizeOf(size, config.regions?.size ?? config.views.size) };
}

async function localise(
  picture: Raster,
  { provider, normalisation, size }: Localiser,
  threshold: Threshold,
  file: string,
): Promise<object> {
  const { mean, std } = normalisation;
  const pixels = normalise(resize(picture, size, size), mean, std);
  const { values, height, width } = await provider.maps({ images: 1, height: size, width: size, pixels });
  const rule = { inputHeight: size, inputWidth: size, threshold };
  const { box, constant } = boxFromHeatMap(values, height, width, rule);
  const { boxes, activeArea } = boxesFromHeatMap(values, height, width, rule);
  const shown = upsampleBilinear(minMaxNormalise(values).values, [height, width], [picture.height, picture.width]);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, encodePng(saliencyOverlay(picture, shown, constant ? [] : [box])));
  return { width: picture.width, height: picture.height, box, constant, activeArea, boxes };
}

function thresholdOf(text: string): Threshold {
  if (text === 'otsu') return text;
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw badOption('--threshold', 'a number from 0 to 1, or otsu', text);
}

function sizeOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 16) return value;
  throw badOption('--size', 'a whole number of pixels from 16', text);
}

function badOption(where: string, expected: string, found: string): SceneError {
  return new SceneError({ code: 'OPTION', expected, found, where, fix: 'Correct the option.' });
}
