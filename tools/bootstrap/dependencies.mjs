import { existsSync, readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { packageManagerFolder } from './package-manager.mjs';
import { bootstrapError, inRepository, log, readStamps, runProgram, sha256, writeStamp } from './repository.mjs';

/** Installs the packages of the lockfile, unless these very ones are installed. */
export async function ensureDependencies() {
  const wanted = sha256(
    ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((file) => readFileSync(inRepository(file))).join(),
  );
  if (existsSync(inRepository('node_modules/.bin')) && readStamps().dependencies === wanted) return;
  await putPackageManagerInPath();
  log('installing the packages of the lockfile …');
  const status = await runProgram('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], { CI: 'true' });
  if (status !== 0) throw bootstrapError(`pnpm install ended with ${status}; see its messages above`);
  writeStamp('dependencies', wanted);
}

let isInPath = false;

/** Makes `pnpm` callable by name for this process and its children. */
export async function putPackageManagerInPath() {
  if (isInPath) return;
  process.env.PATH = `${await packageManagerFolder()}${delimiter}${process.env.PATH}`;
  isInPath = true;
}
