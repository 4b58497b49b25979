import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from './workspace.mjs';

/** What in the packages' manifests would make a bad release. */
export function checkManifests(root) {
  const names = readPackages(root).map(({ manifest }) => manifest.name);
  const perPackage = readPackages(root).flatMap(({ folder, directory, manifest }) => {
    const problems = [
      ...fieldProblems(folder, manifest),
      ...exportProblems(directory, manifest),
      ...dependencyProblems(manifest, names),
    ];
    return problems.map((problem) => `${folder}: ${problem}`);
  });
  return [...perPackage, ...catalogProblems(root)];
}

function fieldProblems(folder, manifest) {
  const problems = [];
  const require = (isRight, problem) => isRight || problems.push(problem);
  require(manifest.name === (folder === 'ssl-scene' ? folder : `@ssl-scene/${folder}`), `name is ${manifest.name}`);
  require(manifest.type === 'module', 'type is not module');
  require(manifest.license === 'MIT', 'license is not MIT');
  require(manifest.engines?.node === '>=20.19', 'engines.node is not >=20.19');
  require(manifest.publishConfig?.access === 'public', 'publishConfig.access is not public');
  require((manifest.description ?? '').length > 20, 'description is missing or too short');
  require(manifest.sideEffects !== undefined, 'sideEffects is not stated');
  require(['dist', 'src'].every((name) => manifest.files?.includes(name)), 'files lacks dist or src');
  for (const script of ['build', 'test', 'check:exports'])
    require(manifest.scripts?.[script], `script ${script} is missing`);
  require(manifest.scripts?.install === undefined &&
    manifest.scripts?.postinstall === undefined, 'has an install script');
  return problems;
}

function exportProblems(directory, manifest) {
  const problems = [];
  if (manifest.exports?.['./package.json'] !== './package.json') problems.push('exports lacks ./package.json');
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue;
    const conditions = Object.keys(target).join(' ');
    if (conditions !== '@ssl-scene/source types default')
      problems.push(`exports["${entry}"] has the conditions ${conditions}`);
    const source = target['@ssl-scene/source'] ?? '';
    if (!existsSync(join(directory, source)))
      problems.push(`exports["${entry}"] names ${source}, which does not exist`);
    const built = source.replace('./src/', './dist/').replace(/\.ts$/, '.js');
    if (target.default !== built) problems.push(`exports["${entry}"].default is not ${built}`);
    if (target.types !== built.replace(/\.js$/, '.d.ts'))
      problems.push(`exports["${entry}"].types is not beside the code`);
  }
  for (const path of Object.values(manifest.bin ?? {})) {
    if (!/^\.?\/?dist\//.test(path)) problems.push(`bin ${path} is not in dist`);
  }
  return problems;
}

// `workspace:^` becomes a caret range in the release; `workspace:*` would pin the exact version and bump all dependents.
function dependencyProblems(manifest, names) {
  const published = { ...manifest.dependencies, ...manifest.optionalDependencies };
  return Object.entries(published)
    .filter(([name, range]) => range !== (names.includes(name) ? 'workspace:^' : 'catalog:'))
    .map(([name, range]) => `dependency ${name} is ${range}, not ${names.includes(name) ? 'workspace:^' : 'catalog:'}`);
}

function catalogProblems(root) {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const catalog = text.split(/^catalog:$/m)[1]?.split(/^\S/m)[0] ?? '';
  return [...catalog.matchAll(/^ {2}"?([^"\s:]+)"?:\s*(\S+)/gm)]
    .filter(([, , version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([, name, version]) => `catalog: ${name} is ${version}, not an exact version`);
}
