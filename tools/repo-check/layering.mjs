import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { filesBelow, readPackages } from './workspace.mjs';

/**
 * The packages that each package may import, by folder; what those may import, it may too. `errors` is open to all but
 * `random`, which depends on nothing. `*` means all.
 */
export const LAYERING = {
  random: [],
  errors: [],
  geometry: [],
  safetensors: [],
  native: [],
  regions: ['geometry'],
  tensors: ['native'],
  nn: ['tensors', 'random', 'safetensors'],
  backbones: ['nn'],
  losses: ['tensors'],
  augmentations: ['random', 'geometry'],
  cropping: ['random', 'geometry'],
  saliency: ['geometry', 'tensors', 'random'],
  masking: ['tensors', 'random'],
  datasets: ['geometry'],
  'synthetic-scenes': ['random', 'geometry', 'datasets'],
  views: ['datasets', 'augmentations', 'cropping', 'regions', 'random', 'geometry'],
  frameworks: ['nn', 'backbones', 'losses'],
  training: ['frameworks', 'views', 'masking', 'saliency', 'regions'],
  evaluators: ['tensors', 'nn', 'geometry', 'random'],
  report: [],
  'ssl-scene': ['*'],
};

/** Packages that promise to run in a browser, and so may not import Node's own modules. */
const FOR_BROWSERS = ['random', 'geometry', 'augmentations', 'cropping'];

/** Problems of the import graph of `packages/*` against the layering. */
export function checkLayering(root, layering = LAYERING) {
  const packages = readPackages(root);
  const folders = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  return packages.flatMap((item) => {
    if (layering[item.folder] === undefined) return [`${item.folder} is not in the table of layering.mjs`];
    return checkPackage(item, folders, allowedFor(item.folder, layering));
  });
}

/** What a package may import, the table read transitively. */
export function allowedFor(folder, layering = LAYERING, path = []) {
  if (path.includes(folder)) throw new Error(`cycle in the layering: ${[...path, folder].join(' → ')}`);
  const direct = layering[folder]?.includes('*')
    ? Object.keys(layering).filter((key) => key !== folder)
    : layering[folder];
  const allowed = new Set(folder === 'random' || folder === 'errors' ? [] : ['errors']);
  for (const other of direct ?? []) {
    allowed.add(other);
    for (const further of allowedFor(other, layering, [...path, folder])) allowed.add(further);
  }
  return allowed;
}

function checkPackage(item, folders, allowed) {
  const { folder, manifest } = item;
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  const imports = importsBelow(item, 'src').filter(({ name }) => name !== manifest.name);
  const wrong = imports.flatMap(({ name, file }) => {
    // An .mjs file in src is no part of the build: it serves a checkout, where development dependencies are installed.
    const usable = file.endsWith('.mjs') ? { ...declared, ...manifest.devDependencies } : declared;
    const problem = importProblem(name, folder, usable, folders, allowed);
    return problem === undefined ? [] : [`${folder}: ${file} imports ${name}, ${problem}`];
  });
  const used = new Set(imports.map(({ name }) => name));
  const unused = Object.keys(declared)
    .filter((name) => folders.has(name) && !used.has(name))
    .map((name) => `${folder}: package.json declares ${name}, which nothing in src imports`);
  const undeclared = importsBelow(item, 'test')
    .filter(({ name }) => folders.has(name) && name !== manifest.name)
    .filter(({ name }) => !(name in declared) && !(name in (manifest.devDependencies ?? {})))
    .map(({ name, file }) => `${folder}: ${file} imports ${name}, which package.json does not declare`);
  return [...new Set([...wrong, ...unused, ...undeclared])];
}

function importProblem(name, folder, declared, folders, allowed) {
  if (name.startsWith('..')) return 'which is outside of the package';
  if (isBuiltin(name)) return FOR_BROWSERS.includes(folder) ? 'but runs in browsers' : undefined;
  if (!(name in declared)) return 'which package.json does not declare';
  if (folders.has(name) && !allowed.has(folders.get(name))) return 'which is not in its layer';
  if (/^@tensorflow\/tfjs/.test(name) && folder !== 'tensors') return 'but only tensors may';
  return undefined;
}

/** What the sources in a folder of a package import, with the file's path inside the package. */
function importsBelow({ directory }, name) {
  const folder = join(directory, name);
  const sources = filesBelow(folder).filter((file) => /\.m?[jt]sx?$/.test(file));
  return sources.flatMap((file) =>
    importedNames(readFileSync(file, 'utf8'), folder, file).map((imported) => ({
      name: imported,
      file: relative(directory, file),
    })),
  );
}

const SPECIFIER =
  /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\(|\bimport\.meta\.resolve\s*\()\s*(['"])([\w@.:/-]+)\1/g;

/** Names of the packages that a source imports, and relative paths that leave `directory`; comments do not count. */
export function importedNames(source, directory = '', file = '') {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const names = [...code.matchAll(SPECIFIER)].map((match) => match[2]);
  return names.flatMap((name) => {
    if (!name.startsWith('.')) return [packageName(name)];
    const depth = relative(directory, file).split('/').length - 1;
    const up = name.split('/').filter((part) => part === '..').length;
    return up > depth && name.startsWith('..') ? [name] : [];
  });
}

function packageName(specifier) {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
