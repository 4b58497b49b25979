import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { putPackageManagerInPath } from './dependencies.mjs';
import { bootstrapError, inRepository, log, readStamps, runProgram, sha256, writeStamp } from './repository.mjs';

/** Builds the packages, unless nothing that their builds read has changed since. */
export async function ensureBuild() {
  const packages = packageFolders();
  const wanted = fingerprint(packages);
  if (readStamps().build === wanted && packages.every((folder) => existsSync(join(folder, 'dist/index.js')))) return;
  await putPackageManagerInPath();
  log('building the packages …');
  const turbo = inRepository('node_modules/.bin/turbo');
  const args = ['run', 'build', '--output-logs=errors-only'];
  const status = await runProgram(turbo, args, { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' });
  if (status !== 0) throw bootstrapError(`the build ended with ${status}; see its messages above`);
  writeStamp('build', wanted);
}

function packageFolders() {
  const folder = inRepository('packages');
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'package.json')));
}

// Times and sizes in place of contents: some hundred files are looked at before every command.
function fingerprint(packages) {
  const presets = ['tsconfig', 'tsup-config'].flatMap((name) => filesBelow(inRepository(`tools/${name}`)));
  const sources = packages.flatMap((folder) => [
    ...filesBelow(join(folder, 'src')),
    ...['package.json', 'tsup.config.ts', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(folder, name)),
  ]);
  const states = [...presets, ...sources].map((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return `${path} ${stats?.mtimeMs} ${stats?.size}`;
  });
  return sha256([readFileSync(inRepository('pnpm-lock.yaml')), ...states].join('\n'));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    if (item.name === 'node_modules' || item.name === 'dist') return [];
    const path = join(folder, item.name);
    return item.isDirectory() ? filesBelow(path) : [path];
  });
}
