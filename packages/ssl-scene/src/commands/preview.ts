import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Variables } from '@ssl-scene/nn';
import { disposeTree, useBackend } from '@ssl-scene/tensors';
import { loadRun } from '@ssl-scene/training';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/parse-config.ts';
import { findRunData, type RunData } from '../data.ts';
import { untrainedVariables } from '../evaluate.ts';
import { loadData } from '../loading.ts';
import type { Output } from '../output.ts';
import { override } from '../override.ts';
import { readConfigFile } from '../presets.ts';
import { previewImages } from '../preview.ts';
import { previewPage } from '../preview-page.ts';
import { makeEvaluatedFramework } from '../recipe.ts';
import { readRunFolder } from '../run-folder.ts';

export interface PreviewCommandOptions {
  readonly data?: string;
  readonly set?: readonly string[];
  readonly images?: string;
  readonly out?: string;
  readonly json?: boolean;
}

interface Subject {
  readonly config: Config;
  readonly data: string | undefined;
  readonly network: string;
  variables(): Promise<Variables>;
}

/** Writes a page that shows what a configuration does to some images: heat map, box, crops, views. */
export async function previewCommand(nameOrRun: string, options: PreviewCommandOptions, output: Output): Promise<void> {
  const { out = 'preview.html', images, json } = options;
  const { config, data: folder, network, variables: load } = subjectOf(nameOrRun, options);
  await useBackend();
  const { data } = await loadData(config, await findRunData(config, folder), {
    listener: { log: output.log, warn: output.warn },
  });
  const indices = await imageIndices(images, data);
  const variables = await load();
  const previews = await previewImages(config, variables, data, indices);
  disposeTree([variables.params, variables.buffers]);
  const path = resolve(out);
  writeFileSync(path, previewPage(`Preview of ${config.name}`, heatMapsOf(config, network), previews));
  if (json) {
    const rows = previews.map(({ index, id, box, constant, crops, masks }) => ({
      index,
      id,
      box,
      constant,
      crops,
      masks: masks.map(({ epoch, masked }) => ({
        epoch,
        hidden: masked.map(({ caption, hidden }) => ({ mask: caption, share: hidden })),
      })),
    }));
    output.result(JSON.stringify({ page: path, network, images: rows }));
    return;
  }
  output.result(path);
}

function heatMapsOf({ regions }: Config, network: string): string {
  const { source = 'network', network: which = 'online' } = regions ?? {};
  if (source !== 'network') return `heat maps by ${source}`;
  if (typeof which === 'object') return `heat maps of the network ${which.file}`;
  return `heat maps of the ${network}${which === 'average' ? ', its moving average' : ''}`;
}

/** A run's newest checkpoint with the run's configuration, or a configuration with an untrained network. */
function subjectOf(nameOrRun: string, { data, set = [] }: PreviewCommandOptions): Subject {
  if (existsSync(join(nameOrRun, 'config.yaml'))) {
    const run = readRunFolder(nameOrRun);
    const config = parseConfig(set.reduce<unknown>(override, run.config), nameOrRun);
    return {
      config,
      data: data ?? run.data,
      network: `newest checkpoint of ${nameOrRun}`,
      variables: async () => (await loadRun(nameOrRun)).variables(makeEvaluatedFramework(config)),
    };
  }
  const config = parseConfig(set.reduce(override, readConfigFile(nameOrRun)), nameOrRun);
  return { config, data, network: 'untrained network', variables: async () => untrainedVariables(config) };
}

const DEFAULT_COUNT = 6;

/** `3,17,40` are those images; a single number is how many, evenly spread. */
async function imageIndices(images: string | undefined, { train }: RunData): Promise<number[]> {
  const dataset = await openDataset(train);
  const { length } = dataset;
  dataset.close?.();
  if (images?.includes(',')) {
    const indices = images.split(',').filter(Boolean).map(Number);
    const bad = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= length);
    if (bad === undefined) return indices;
    throw unknownImage(`whole numbers from 0 to ${length - 1}`, String(bad));
  }
  const count = images === undefined ? DEFAULT_COUNT : Number(images);
  if (!Number.isInteger(count) || count < 1) throw unknownImage('a number of images, or indices with commas', images!);
  const shown = Math.min(count, length);
  return Array.from({ length: shown }, (_, place) => Math.floor((place * length) / shown));
}

function unknownImage(expected: string, found: string): SceneError {
  return new SceneError({
    code: 'IMAGE_INDEX',
    expected,
    found,
    where: '--images',
    fix: 'For example --images 8, or --images 0,5,17.',
  });
}
