import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { bootstrapError, inRepository, log } from './repository.mjs';

const execute = promisify(execFile);

/** Name, version and hash from a `packageManager` field such as `pnpm@10.34.9+sha512.<hex>`. */
export function parsePackageManager(field) {
  const match = /^pnpm@(\d+\.\d+\.\d+)\+sha512\.([0-9a-f]{128})$/.exec(field);
  if (match === null) throw bootstrapError(`packageManager must be pnpm@VERSION+sha512.HEX, found ${field}`);
  return { version: match[1], sha512: match[2] };
}

/** The hash that an `integrity` field of the registry states, in hexadecimal. */
export function integrityToHex(integrity) {
  return Buffer.from(integrity.trim().replace(/^sha512-/, ''), 'base64').toString('hex');
}

/**
 * The folder of the pinned pnpm's executable, which npx fetches where it is not there yet. turbo starts `pnpm run …` by
 * name, so the folder is put first in PATH.
 */
export async function packageManagerFolder() {
  const { packageManager } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  const { version, sha512 } = parsePackageManager(packageManager);
  // Without network the copy that npx already holds is enough; a new one is first compared with the pinned hash.
  const held = await folderFromNpx(version, '--no').catch(() => undefined);
  if (held !== undefined) return held;
  await requirePublishedHash(version, sha512);
  log(`fetching pnpm ${version} …`);
  return await folderFromNpx(version, '--yes');
}

async function folderFromNpx(version, consent) {
  const { stdout } = await runNpm('npx', [
    consent,
    `--package=pnpm@${version}`,
    '--',
    'node',
    '-p',
    'process.env.PATH',
  ]);
  const folder = stdout
    .trim()
    .split(delimiter)
    .find((path) => existsSync(join(path, 'pnpm')));
  if (folder === undefined) throw bootstrapError(`npx did not provide pnpm ${version}`);
  return folder;
}

async function requirePublishedHash(version, sha512) {
  const { stdout } = await runNpm('npm', ['view', `pnpm@${version}`, 'dist.integrity']).catch((error) => {
    throw bootstrapError(`npm cannot fetch pnpm ${version}: ${error.stderr || error.message}`);
  });
  // npm compares what it downloads with this field, so the download is compared with the pinned hash through it.
  if (integrityToHex(stdout) === sha512) return;
  throw bootstrapError(`pnpm ${version} has another hash in the registry than in package.json; nothing was installed`);
}

const runNpm = (program, args) => execute(program, args, { shell: process.platform === 'win32' });
