import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { openDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { useBackend } from '@ssl-scene/tensors';
import { packDataset } from '@ssl-scene/views';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/parse-config.ts';
import { findRunData } from '../data.ts';
import { describeDecisions } from '../decode-decisions.ts';
import { nativeJpegLibrary } from '../jpeg-decoder.ts';
import { type Output, tenths } from '../output.ts';
import { override } from '../override.ts';
import { defaultPackFile, describePack, packOptions } from '../packed-file.ts';
import { readConfigFile } from '../presets.ts';
import { readRunFolder } from '../run-folder.ts';

export interface PackCommandOptions {
  readonly data?: string;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly workers?: string;
  readonly replace?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Packs the training images of a configuration or a run, for `pretrain --pack`. */
export async function packCommand(subject: string, options: PackCommandOptions, output: Output): Promise<void> {
  const { out, replace = false, json, workers } = options;
  const { config, data } = subjectOf(subject, options);
  const { train } = await findRunData(config, data);
  await useBackend();
  const settings = packOptions(config, nativeJpegLibrary(config.loading.jpeg, output.warn));
  const file = out === undefined ? await defaultFile(train, settings.shortSide ?? null) : resolve(out);
  const result = await packDataset(train, file, {
    ...settings,
    replace,
    onProgress: tenths('packing', output),
    onBadImageFound: ({ id, message }) => output.warn(`${id}: ${message}`),
    ...(workers !== undefined && { workers: workersOf(workers) }),
  });
  const decisions = describeDecisions(result.decisions!);
  output.log(`${describePack(file, result)}${decisions === '' ? '' : `\ndecoding: ${decisions}`}`);
  output.result(json ? JSON.stringify({ file, ...result }) : file);
}

function subjectOf(
  subject: string,
  { data, set = [] }: PackCommandOptions,
): { config: Config; data: string | undefined } {
  if (!existsSync(join(subject, 'config.yaml'))) {
    return { config: parseConfig(set.reduce(override, readConfigFile(subject)), subject), data };
  }
  const run = readRunFolder(subject);
  return { config: parseConfig(set.reduce<unknown>(override, run.config), subject), data: data ?? run.data };
}

async function defaultFile(source: Parameters<typeof openDataset>[0], shortSide: number | null): Promise<string> {
  const dataset = await openDataset(source);
  dataset.close?.();
  const file = defaultPackFile(dataset, shortSide);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

function workersOf(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1) return workers;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected: 'a number of threads, from 1',
    found: text,
    where: '--workers',
    fix: 'For example --workers 4',
  });
}
