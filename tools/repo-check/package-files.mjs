import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from './workspace.mjs';

/** Documents that a package lacks: README with install line and example, licence, a note of its changes. */
export function checkPackageFiles(root) {
  const announced = packagesInChangesets(root);
  return readPackages(root).flatMap(({ folder, directory, manifest }) => {
    const problems = readmeProblems(join(directory, 'README.md'), manifest.name);
    if (!existsSync(join(directory, 'LICENSE'))) problems.push('has no LICENSE');
    if (!existsSync(join(directory, 'CHANGELOG.md')) && !announced.has(manifest.name)) {
      problems.push('has neither a changeset nor a CHANGELOG.md');
    }
    return problems.map((problem) => `${folder} ${problem}`);
  });
}

function readmeProblems(path, name) {
  if (!existsSync(path)) return ['has no README.md'];
  const text = readFileSync(path, 'utf8');
  const problems = [];
  if (!text.startsWith(`# ${name}\n`)) problems.push(`README.md does not start with "# ${name}"`);
  if (!new RegExp(`npm (?:install|i) .*${name}`).test(text)) problems.push('README.md has no install line');
  if (!/```(?:js|ts|sh|bash)/.test(text)) problems.push('README.md has no example');
  if (!text.includes('MIT')) problems.push('README.md names no licence');
  return problems;
}

function packagesInChangesets(root) {
  const folder = join(root, '.changeset');
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')
    : [];
  const names = files.flatMap((file) => {
    const frontMatter = readFileSync(join(folder, file), 'utf8').split('---')[1] ?? '';
    return [...frontMatter.matchAll(/^\s*['"]?(@?[\w/-]+)['"]?\s*:/gm)].map((match) => match[1]);
  });
  return new Set(names);
}
