import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { closest, SceneError } from '@ssl-scene/errors';
import { parse } from 'yaml';

const FOLDER = new URL('../presets/', import.meta.url);

/** Names of the presets that come with the package. */
export function presetNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** The text of a preset, comments included. */
export function presetText(name: string): string {
  const names = presetNames();
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw new SceneError({
      code: 'UNKNOWN_PRESET',
      expected: `one of ${names.join(', ')}, or a YAML file`,
      found: JSON.stringify(name),
      where: 'preset',
      fix: near ? `Did you mean "${near}"?` : 'Run `ssl-scene presets`.',
    });
  }
  return readFileSync(fileURLToPath(new URL(`${name}.yaml`, FOLDER)), 'utf8');
}

/** Reads a preset by name or a YAML file by path; not checked yet. */
export function readConfigFile(nameOrPath: string): unknown {
  if (!/\.ya?ml$/.test(nameOrPath)) return parse(presetText(nameOrPath));
  if (!existsSync(nameOrPath)) {
    throw new SceneError({
      code: 'CONFIG_MISSING',
      expected: 'a YAML file',
      found: 'no such file',
      where: nameOrPath,
      fix: 'Check the path, or name a preset: `ssl-scene presets`.',
    });
  }
  try {
    return parse(readFileSync(nameOrPath, 'utf8'));
  } catch (error) {
    throw new SceneError({
      code: 'CONFIG_SYNTAX',
      expected: 'YAML',
      found: (error as Error).message,
      where: nameOrPath,
      fix: 'Correct the file at that line.',
      cause: error,
    });
  }
}
