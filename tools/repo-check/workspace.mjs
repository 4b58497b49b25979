import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every package under `packages/`, with its parsed manifest. */
export function readPackages(root) {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map((folder) => {
      const directory = join(root, 'packages', folder);
      return { folder, directory, manifest: JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) };
    });
}

/** All files below a folder, as paths; empty where the folder does not exist. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    if (item.name === 'node_modules') return [];
    const path = join(folder, item.name);
    return item.isDirectory() ? filesBelow(path) : [path];
  });
}
