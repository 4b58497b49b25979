import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closest, SceneError } from '@ssl-scene/errors';
import { parse } from 'yaml';
import { extend } from './extend.ts';

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

/**
 * Reads a preset by name or a YAML file by path, with everything that it extends; not checked yet. `extends` in a file is the
 * name of a preset, or the path of another file from where the first one lies.
 */
export function readConfigFile(nameOrPath: string): unknown {
  return readWithBases(nameOrPath, []);
}

function readWithBases(nameOrPath: string, extended: readonly string[]): unknown {
  if (extended.includes(nameOrPath)) {
    throw new SceneError({
      code: 'CONFIG_CIRCLE',
      expected: 'configurations that do not extend themselves',
      found: [...extended, nameOrPath].join(' extends '),
      where: extended[0]!,
      fix: 'Remove one of the lines `extends`.',
    });
  }
  const content = isFile(nameOrPath) ? readYaml(nameOrPath) : (parse(presetText(nameOrPath)) as unknown);
  const base = (content as { extends?: unknown } | null)?.extends;
  if (typeof base !== 'string') return content;
  const { extends: _, ...changes } = content as Record<string, unknown>;
  const from = isFile(base) && isFile(nameOrPath) ? join(dirname(nameOrPath), base) : base;
  return extend(readWithBases(from, [...extended, nameOrPath]), changes);
}

const isFile = (nameOrPath: string): boolean => /\.ya?ml$/.test(nameOrPath);

function readYaml(path: string): unknown {
  if (!existsSync(path)) {
    throw new SceneError({
      code: 'CONFIG_MISSING',
      expected: 'a YAML file',
      found: 'no such file',
      where: path,
      fix: 'Check the path, or name a preset: `ssl-scene presets`.',
    });
  }
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SceneError({
      code: 'CONFIG_SYNTAX',
      expected: 'YAML',
      found: (error as Error).message,
      where: path,
      fix: 'Correct the file at that line.',
      cause: error,
    });
  }
}
