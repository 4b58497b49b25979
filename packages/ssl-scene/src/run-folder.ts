import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { parse, stringify } from 'yaml';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/parse-config.ts';

const CONFIG_FILE = 'config.yaml';

/** What `config.yaml` of a run holds: the resolved configuration, and where its data lay. */
export interface RunDescription {
  readonly config: Config;
  readonly data: string | undefined;
}

/** @throws SceneError where a new run would go into a folder with something in it. */
export function checkNewRun(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new SceneError({
    code: 'RUN_EXISTS',
    expected: 'a new or empty folder',
    found: `${readdirSync(folder).length} entries`,
    where: folder,
    fix: 'Name another one with --out, or go on with --resume.',
  });
}

/** Makes the folder of a new run. @throws SceneError where something is there already. */
export function createRunFolder(folder: string, { config, data }: RunDescription): void {
  checkNewRun(folder);
  mkdirSync(folder, { recursive: true });
  const root = data === undefined ? {} : { root: data };
  writeFileSync(join(folder, CONFIG_FILE), stringify({ ...config, data: { ...config.data, ...root } }));
}

/** Reads the description of a run back. */
export function readRunFolder(folder: string): RunDescription {
  const path = join(folder, CONFIG_FILE);
  if (!existsSync(path)) {
    throw new SceneError({
      code: 'NO_RUN',
      expected: `a run folder with ${CONFIG_FILE}`,
      found: existsSync(folder) ? `a folder without ${CONFIG_FILE}` : 'no such folder',
      where: folder,
      fix: 'Name the folder that `pretrain --out` made.',
    });
  }
  const config = parseConfig(parse(readFileSync(path, 'utf8')), path);
  return { config, data: 'root' in config.data ? config.data.root : undefined };
}
