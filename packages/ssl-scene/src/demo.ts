import { sampleCrop } from '@ssl-scene/cropping';
import { type ImageDataset, openDataset } from '@ssl-scene/datasets';
import { type Box, boxArea, boxIntersection } from '@ssl-scene/geometry';
import type { Variables } from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import { disposeTree } from '@ssl-scene/tensors';
import { loadRun } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { findRunData, type RunData } from './data.ts';
import type { DemoPicture, DemoResults } from './demo-page.ts';
import { type Accuracies, evaluateNetwork, untrainedVariables } from './evaluate.ts';
import { type ImageHeatMap, imageHeatMaps } from './heat-maps.ts';
import { preparePretraining } from './pretrain.ts';
import { makeFramework } from './recipe.ts';
import { createRunFolder } from './run-folder.ts';

export interface DemoOptions {
  readonly config: Config;
  /** Folder that gets a folder for each of the two runs. */
  readonly out: string;
  readonly quiet: boolean;
  readonly log: (text: string) => void;
  readonly warn: (text: string) => void;
}

/** Boxes of at least this share of their image steer nothing. */
const WHOLE = 0.95;
const PICTURES = 12;
const CROPS = 4;

/**
 * Trains a network with crops steered by its own heat maps and, as the oracle, one with crops at the true boxes; then
 * says how well each does on images of single objects, and where the heat maps look.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResults> {
  const { config, log, warn } = options;
  const data = await findRunData(config);
  const warnings: string[] = [];
  const onWarning = (text: string): void => {
    warnings.push(text);
    warn(text);
  };
  log('1 of 2: crops steered by the network’s own heat maps');
  const steered = await train(options, config, 'steered', onWarning);
  log('2 of 2: the oracle, crops at the true boxes');
  const oracle = await train(options, oracleOf(config), 'oracle', onWarning);
  log('evaluating');
  const untrained = untrainedVariables(config);
  const networks: [string, Variables][] = [
    ['untrained', untrained],
    ['steered by its heat maps', steered.variables],
    ['oracle: crops at true boxes', oracle.variables],
  ];
  const accuracies: Accuracies[] = [];
  for (const [name, variables] of networks) {
    accuracies.push(await evaluateNetwork(name, variables, config, data, onWarning));
  }
  const looked = await lookAt(config, steered.variables, data);
  if (looked.meanBoxArea > WHOLE) {
    onWarning(
      `heat-map boxes take ${(100 * looked.meanBoxArea).toFixed(0)} % of their images: they steer nothing. Raise regions.threshold.`,
    );
  }
  for (const { params, buffers } of [untrained, steered.variables, oracle.variables]) disposeTree([params, buffers]);
  return { accuracies, ...looked, losses: steered.losses, settings: settingsOf(config), warnings };
}

interface TrainedNetwork {
  readonly variables: Variables;
  readonly losses: readonly number[];
}

async function train(
  { out, quiet }: DemoOptions,
  config: Config,
  name: string,
  onWarning: (text: string) => void,
): Promise<TrainedNetwork> {
  const folder = `${out}/${name}`;
  const losses: number[] = [];
  const hooks = {
    onWarning,
    onStep: ({ loss }: { readonly loss: number }) => {
      losses.push(loss);
    },
  };
  const trainer = await preparePretraining({ config, out: folder, quiet, hooks });
  createRunFolder(folder, { config, data: undefined });
  await trainer.run();
  const run = await loadRun(folder);
  return { variables: run.variables(makeFramework(config)), losses };
}

function oracleOf(config: Config): Config {
  const { regions: _, ...rest } = config;
  const { scale, ratio } = config.views.crop;
  return {
    ...rest,
    name: `${config.name}-oracle`,
    views: { ...config.views, crop: { kind: 'boxes', from: 'labels', tau: 0.5, grid: 8, scale, ratio, margin: 0.1 } },
  };
}

type Looked = Pick<DemoResults, 'covered' | 'meanBoxArea' | 'boxAreas' | 'pictures'>;

/** Where the network's heat maps look, in scenes that it was trained on. */
async function lookAt(config: Config, variables: Variables, data: RunData): Promise<Looked> {
  const scenes = await openDataset(data.train);
  const maps = await imageHeatMaps(config, variables, data.train, firstIndices(Math.min(scenes.length, 500)));
  const boxAreas = maps.map(({ found }) => boxArea(found.box));
  const covering = maps.filter(({ index, found }) => coversObject(scenes, index, found.box)).length;
  const pictures = await Promise.all(maps.slice(0, PICTURES).map((item) => pictureOf(config, scenes, item)));
  scenes.close?.();
  return {
    covered: (100 * covering) / maps.length,
    meanBoxArea: boxAreas.reduce((sum, area) => sum + area, 0) / boxAreas.length,
    boxAreas,
    pictures,
  };
}

const firstIndices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Whether a relative box covers at least half of one of the image's objects. */
function coversObject(scenes: ImageDataset, index: number, box: Box): boolean {
  const { width, height } = scenes.size!(index)!;
  const pixels = { x0: box.x0 * width, y0: box.y0 * height, x1: box.x1 * width, y1: box.y1 * height };
  return scenes.boxes!(index).some((object) => boxIntersection(pixels, object) >= boxArea(object) / 2);
}

async function pictureOf(config: Config, scenes: ImageDataset, heat: ImageHeatMap): Promise<DemoPicture> {
  const { index, map, height, width, found } = heat;
  const raster = await scenes.pixels(index);
  const crops = Array.from({ length: CROPS }, (_, draw) =>
    sampleCrop(
      config.views.crop,
      raster.width,
      raster.height,
      { box: found.box, active: true },
      randomStream(config.training.seed, 'demo crop', index, draw),
    ),
  );
  return {
    id: scenes.id(index),
    raster,
    heatMap: { width, height, data: map },
    box: found.box,
    objects: scenes.boxes!(index),
    crops,
  };
}

function settingsOf({ data, backbone, training, views, regions }: Config): string {
  const scenes = data.kind === 'synthetic-scenes' ? `${data.images} scenes of ${data.size} px` : data.kind;
  const network = `ResNet-${backbone.depth} of width ${backbone.width}`;
  return `${scenes}, views of ${views.size} px, ${network}, ${training.epochs} epochs, threshold ${regions?.threshold}`;
}
