import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkContents, findForbidden } from '../contents.mjs';
import { checkPlatformPackages, lockedPackages } from '../lockfile.mjs';
import { checkManifests } from '../manifests.mjs';
import { checkPackageFiles } from '../package-files.mjs';

/** A folder of the given files (path → text), removed when the test ends. */
function repository(files) {
  const root = mkdtempSync(join(tmpdir(), 'repo-check-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof text === 'string' ? text : JSON.stringify(text));
  }
  return root;
}

const LOCKFILE = `lockfileVersion: '9.0'

packages:

  '@tool/linux-x64@1.2.3':
    resolution: {integrity: sha512-x}

  tool@1.2.3:
    resolution: {integrity: sha512-x}

snapshots:

  other@9.9.9: {}
`;

describe('checkPlatformPackages', () => {
  const installed = (optionalDependencies) =>
    repository({
      'pnpm-lock.yaml': LOCKFILE,
      'node_modules/.pnpm/tool@1.2.3/node_modules/tool/package.json': {
        name: 'tool',
        version: '1.2.3',
        optionalDependencies,
      },
    });

  it('reads the packages of a lockfile', () => {
    expect(Object.fromEntries(lockedPackages(LOCKFILE))).toEqual({ '@tool/linux-x64': ['1.2.3'], tool: ['1.2.3'] });
  });

  it('passes where every platform package is locked', () => {
    expect(checkPlatformPackages(installed({ '@tool/linux-x64': '1.2.3' }))).toEqual([]);
  });

  it('names the platform package that is missing', () => {
    expect(checkPlatformPackages(installed({ '@tool/linux-x64': '1.2.3', '@tool/darwin-arm64': '1.2.3' }))).toEqual([
      'tool@1.2.3 wants @tool/darwin-arm64@1.2.3, which pnpm-lock.yaml lacks',
    ]);
  });
});

describe('checkContents', () => {
  const machine = (folder) => `${'/'}${folder}/somebody/data`;

  it.each([
    ['a host of a registry', `https://${['registry', 'npmjs', 'org'].join('.')}/x`, 'host of a registry'],
    ['a home folder', `cd ${machine('home')}`, 'path of a machine'],
    ['a path in quotes', `'${machine('root')}'`, 'path of a machine'],
  ])('finds %s', (_, line, what) => {
    expect(findForbidden(Buffer.from(`first\n${line}\n`))).toEqual([expect.stringContaining(`:2: ${what}`)]);
  });

  it.each(['https://example.org/home/page', './work/x', 'a/root/b', 'b/home/c', '{dir}/tmp/x'])('passes %s', (line) => {
    expect(findForbidden(Buffer.from(line))).toEqual([]);
  });

  it('passes binary files', () => {
    expect(findForbidden(Buffer.from(`\0${machine('home')}`))).toEqual([]);
  });

  it('looks at files that git would take, and at no others', () => {
    const root = repository({ '.gitignore': 'ignored', ignored: machine('home'), 'kept.md': machine('home') });
    execFileSync('git', ['init', '--quiet'], { cwd: root });
    expect(checkContents(root)).toEqual([`kept.md:1: path of a machine: ${machine('home').slice(0, 7)}`]);
  });
});

const README = '# @ssl-scene/a\n\nnpm install @ssl-scene/a\n\n```js\n```\n\nLicence: MIT.\n';

describe('checkPackageFiles', () => {
  const files = {
    'packages/a/package.json': { name: '@ssl-scene/a' },
    'packages/a/README.md': README,
    'packages/a/LICENSE': 'MIT',
    '.changeset/a-first.md': "---\n'@ssl-scene/a': minor\n---\n\nFirst.\n",
  };

  it('passes a package with its documents', () => {
    expect(checkPackageFiles(repository(files))).toEqual([]);
  });

  it.each([
    ['README.md', { 'packages/a/README.md': undefined }, 'a has no README.md'],
    [
      'an install line',
      { 'packages/a/README.md': README.replace('npm install', '') },
      'a README.md has no install line',
    ],
    ['an example', { 'packages/a/README.md': README.replaceAll('```', '') }, 'a README.md has no example'],
    ['LICENSE', { 'packages/a/LICENSE': undefined }, 'a has no LICENSE'],
    ['a changeset', { '.changeset/a-first.md': undefined }, 'a has neither a changeset nor a CHANGELOG.md'],
  ])('misses %s', (_, change, problem) => {
    const present = Object.entries({ ...files, ...change }).filter(([, text]) => text !== undefined);
    expect(checkPackageFiles(repository(Object.fromEntries(present)))).toEqual([problem]);
  });
});

describe('checkManifests', () => {
  const manifest = {
    name: '@ssl-scene/a',
    description: 'A package that is described well enough',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    files: ['dist', 'src'],
    exports: {
      '.': { '@ssl-scene/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    publishConfig: { access: 'public' },
    scripts: { build: 'x', test: 'x', 'check:exports': 'x' },
    dependencies: { sharp: 'catalog:' },
  };
  const check = (change) =>
    checkManifests(
      repository({
        'packages/a/package.json': { ...manifest, ...change },
        'packages/a/src/index.ts': '',
        'pnpm-workspace.yaml': 'packages: [packages/*]\ncatalog:\n  sharp: 0.35.5\nother: 1\n',
      }),
    );

  it('passes a good one', () => {
    expect(check({})).toEqual([]);
  });

  it.each([
    ['a wrong name', { name: '@ssl-scene/b' }, 'a: name is @ssl-scene/b'],
    ['CommonJS', { type: 'commonjs' }, 'a: type is not module'],
    ['an install script', { scripts: { ...manifest.scripts, postinstall: 'x' } }, 'a: has an install script'],
    ['a range', { dependencies: { sharp: '^0.35.0' } }, 'a: dependency sharp is ^0.35.0, not catalog:'],
    ['a bin outside dist', { bin: { a: 'src/cli.ts' } }, 'a: bin src/cli.ts is not in dist'],
    ['missing sources in the release', { files: ['dist'] }, 'a: files lacks dist or src'],
  ])('finds %s', (_, change, problem) => {
    expect(check(change)).toEqual([problem]);
  });

  it('finds an export whose source does not exist', () => {
    const entry = { '@ssl-scene/source': './src/b.ts', types: './dist/b.d.ts', default: './dist/b.js' };
    expect(check({ exports: { ...manifest.exports, './b': entry } })).toEqual([
      'a: exports["./b"] names ./src/b.ts, which does not exist',
    ]);
  });

  it('finds a catalog entry that is no exact version', () => {
    const root = repository({ 'pnpm-workspace.yaml': 'catalog:\n  sharp: ^0.35.5\n', 'packages/note.txt': '' });
    expect(checkManifests(root)).toEqual(['catalog: sharp is ^0.35.5, not an exact version']);
  });
});
