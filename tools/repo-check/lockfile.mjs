import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * pnpm leaves an optional platform package out of the lockfile, silently, where the registry does not serve it; people on
 * that platform then get a broken tool. So what installed packages ask for is compared with the lockfile.
 */
export function checkPlatformPackages(root) {
  const locked = lockedPackages(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'));
  const store = join(root, 'node_modules/.pnpm');
  if (!existsSync(store)) return ['nothing is installed: run pnpm install'];
  return installedManifests(store).flatMap(({ name, version, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      .filter(([wanted, range]) => !isLocked(locked, wanted, range))
      .map(([wanted, range]) => `${name}@${version} wants ${wanted}@${range}, which pnpm-lock.yaml lacks`),
  );
}

/** The versions of each package in a lockfile's section `packages`. */
export function lockedPackages(lockfile) {
  const section = lockfile.split(/^packages:$/m)[1]?.split(/^\S/m)[0] ?? '';
  const versions = new Map();
  for (const [, name, version] of section.matchAll(/^ {2}'?(@?[^@'\s]+)@([^':(]+)/gm)) {
    versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  return versions;
}

// Platform packages are asked for by exact version; a range is taken as met by any version.
function isLocked(locked, name, range) {
  const versions = locked.get(name) ?? [];
  return /^\d/.test(range) ? versions.includes(range) : versions.length > 0;
}

function installedManifests(store) {
  return readdirSync(store)
    .map((entry) => join(store, entry, 'node_modules'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => ownPackages(folder))
    .map((path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')));
}

// Beside the package itself, a store entry holds links to what it depends on.
function ownPackages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    if (!item.isDirectory()) return [];
    if (item.name.startsWith('@')) return ownPackages(path);
    return existsSync(join(path, 'package.json')) ? [path] : [];
  });
}
