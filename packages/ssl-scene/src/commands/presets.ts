import { jsonSchema, parseConfig } from '../config.ts';
import { type Output, textTable } from '../output.ts';
import { presetNames, presetText, readConfigFile } from '../presets.ts';

export interface PresetsOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
}

/** Lists the presets, prints one of them, or the JSON schema of configurations. */
export function presetsCommand(name: string | undefined, { json, schema }: PresetsOptions, output: Output): void {
  if (schema) {
    output.result(JSON.stringify(jsonSchema(), null, 2));
    return;
  }
  if (name !== undefined) {
    output.result(json ? JSON.stringify(parseConfig(readConfigFile(name), name)) : presetText(name).trimEnd());
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
