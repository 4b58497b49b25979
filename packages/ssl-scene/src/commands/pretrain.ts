import { resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { useBackend } from '@ssl-scene/tensors';
import { listBadImages } from '../bad-image-list.ts';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/parse-config.ts';
import { describeDecisions } from '../decode-decisions.ts';
import type { Output } from '../output.ts';
import { override } from '../override.ts';
import { readConfigFile } from '../presets.ts';
import { preparePretraining } from '../pretrain.ts';
import { checkNewRun, createRunFolder, readRunFolder } from '../run-folder.ts';

export interface PretrainCommandOptions {
  readonly data?: string;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly pack?: string;
  readonly resume?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Trains a preset or a configuration; its answer is the exit code. */
export async function pretrainCommand(
  nameOrPath: string,
  options: PretrainCommandOptions,
  output: Output,
): Promise<number> {
  const { set = [], resume = false, quiet = false, json } = options;
  const loaded = set.reduce(override, readConfigFile(nameOrPath));
  const given = parseConfig(loaded, set.length > 0 ? `${nameOrPath} with --set` : nameOrPath);
  const out = options.out ?? `runs/${given.name}`;
  const { config: chosen, data } = resume ? resumed(out, options) : { config: given, data: options.data };
  const config = withPack(chosen, options.pack);
  if (!resume) checkNewRun(out);
  const report = await useBackend();
  output.log(`${config.name} on ${report.backend} (${report.description})`);
  const trainer = await preparePretraining({
    config,
    out,
    quiet,
    ...(data !== undefined && { data }),
    listener: { log: output.log, warn: output.warn },
    resumeHint: `ssl-scene pretrain ${nameOrPath} --out ${out} --resume`,
    // Where there is progress, warnings stand among its lines already.
    ...(quiet && { hooks: { onWarning: output.warn } }),
  });
  if (!resume) createRunFolder(out, { config, data });
  const result = await trainer.run({ resume });
  const badImages = listBadImages(out, result.badImages);
  if (badImages !== undefined) output.warn(`images that could not be read are listed in ${badImages}`);
  const decisions = describeDecisions(result.decisions);
  if (decisions !== '') output.log(`decoding: ${decisions}`);
  if (json) output.result(JSON.stringify({ run: out, ...result }));
  else output.result(`run  ${out}\nnext ssl-scene eval ${out}`);
  return result.completed ? 0 : 130;
}

/** `--pack` stands for a value of the configuration. It changes no view, so that a run may go on with another. */
function withPack(config: Config, pack: string | undefined): Config {
  if (pack === undefined) return config;
  const value = pack === 'auto' || pack === 'off' ? pack : resolve(pack);
  return { ...config, loading: { ...config.loading, pack: value } };
}

function resumed(out: string, { data }: PretrainCommandOptions): { config: Config; data: string | undefined } {
  const description = readRunFolder(out);
  if (data !== undefined && description.data !== undefined && data !== description.data) {
    throw new SceneError({
      code: 'DATA_CHANGED',
      expected: `the run's own data, ${description.data}`,
      found: data,
      where: '--data',
      fix: 'Leave --data out when resuming.',
    });
  }
  return { config: description.config, data: data ?? description.data };
}
