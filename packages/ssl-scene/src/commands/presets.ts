import { stringify } from 'yaml';
import { jsonSchema } from '../config/config.ts';
import { parseConfig } from '../config/parse-config.ts';
import { type Output, textTable } from '../output.ts';
import { presetNames, presetText, readConfigFile } from '../presets.ts';

export interface PresetsOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
  /** Everything that the preset extends, and the defaults, written out. */
  readonly resolved?: boolean;
}

/** Lists the presets, prints one of them, or the JSON schema of configurations. */
export function presetsCommand(
  name: string | undefined,
  { json, schema, resolved }: PresetsOptions,
  output: Output,
): void {
  if (schema) {
    output.result(JSON.stringify(jsonSchema(), null, 2));
    return;
  }
  if (name !== undefined) {
    const config = () => parseConfig(readConfigFile(name), name);
    if (json) output.result(JSON.stringify(config()));
    else output.result((resolved ? stringify(config()) : presetText(name)).trimEnd());
    return;
  }
  const configs = presetNames().map((preset) => ({ preset, config: parseConfig(readConfigFile(preset), preset) }));
  if (json) {
    output.result(JSON.stringify(configs.map(({ preset, config }) => ({ preset, ...config }))));
    return;
  }
  const rows = configs.map(({ preset, config }) => [
    preset,
    config.data.kind,
    config.training.epochs,
    config.source ?? '',
  ]);
  output.result(textTable(['preset', 'data', 'epochs', 'source'], rows));
}
