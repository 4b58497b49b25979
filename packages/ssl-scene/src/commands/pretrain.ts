import { SceneError } from '@ssl-scene/errors';
import { useBackend } from '@ssl-scene/tensors';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/parse-config.ts';
import type { Output } from '../output.ts';
import { override } from '../override.ts';
import { readConfigFile } from '../presets.ts';
import { preparePretraining } from '../pretrain.ts';
import { createRunFolder, readRunFolder } from '../run-folder.ts';

export interface PretrainCommandOptions {
  readonly data?: string;
  readonly out?: string;
  readonly set?: readonly string[];
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
  const { config, data } = resume ? resumed(out, options) : { config: given, data: options.data };
  const report = await useBackend();
  output.log(`${config.name} on ${report.backend} (${report.description})`);
  const trainer = await preparePretraining({
    config,
    out,
    quiet,
    ...(data !== undefined && { data }),
    resumeHint: `ssl-scene pretrain ${nameOrPath} --out ${out} --resume`,
    // Where there is progress, warnings stand among its lines already.
    ...(quiet && { hooks: { onWarning: output.warn } }),
  });
  if (!resume) createRunFolder(out, { config, data });
  const result = await trainer.run({ resume });
  if (json) output.result(JSON.stringify({ run: out, ...result }));
  else output.result(`run  ${out}\nnext ssl-scene eval ${out}`);
  return result.completed ? 0 : 130;
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
