import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allowedFor, checkLayering, importedNames, LAYERING } from '../layering.mjs';

const layering = { random: [], errors: [], low: [], middle: ['low'], high: ['middle'] };

/** A repository of two packages, `low` and the one under test. */
function repository(folder, dependencies, source) {
  const root = mkdtempSync(join(tmpdir(), 'repo-check-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('packages/low/package.json', JSON.stringify({ name: '@x/low' }));
  write(`packages/${folder}/package.json`, JSON.stringify({ name: `@x/${folder}`, dependencies }));
  write(`packages/${folder}/src/index.ts`, source);
  return root;
}

describe('the declared layering', () => {
  it('is read transitively, with errors for all but random', () => {
    expect([...allowedFor('high', layering)].sort()).toEqual(['errors', 'low', 'middle']);
    expect([...allowedFor('random', layering)]).toEqual([]);
  });

  it('has no cycle', () => {
    for (const folder of Object.keys(LAYERING)) allowedFor(folder);
    expect(() => allowedFor('a', { a: ['b'], b: ['a'] })).toThrow('a → b → a');
  });
});

describe('checkLayering', () => {
  const low = { '@x/low': 'workspace:^' };

  it('passes a package that keeps to it', () => {
    expect(checkLayering(repository('high', low, `export { a } from '@x/low';`), layering)).toEqual([]);
  });

  it.each([
    ['another layer', 'errors', low, `import { a } from '@x/low';`, 'not in its layer'],
    ['an undeclared package', 'high', {}, `import { a } from '@x/low';`, 'does not declare'],
    ['an undeclared package, loaded when needed', 'high', {}, `await import('sharp');`, 'imports sharp'],
    [
      'a declared package that nothing imports',
      'high',
      low,
      `/** import { a } from '@x/low'; */`,
      'nothing in src imports',
    ],
    ['a neighbour’s folder', 'high', {}, `import { a } from '../../low/src/index.ts';`, 'outside of the package'],
    ['tfjs', 'high', { '@tensorflow/tfjs': '1.0.0' }, `import '@tensorflow/tfjs';`, 'only tensors may'],
    ['a package outside the table', 'other', {}, '', 'not in the table'],
  ])('finds %s', (_, folder, dependencies, source, problem) => {
    const problems = checkLayering(repository(folder, dependencies, source), layering);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('finds Node’s modules where a package is for browsers', () => {
    const problems = checkLayering(repository('random', {}, `import { readFileSync } from 'node:fs';`), layering);
    expect(problems).toEqual(['random: src/index.ts imports node:fs, but runs in browsers']);
  });
});

describe('importedNames', () => {
  it('reads every way of importing and skips comments', () => {
    const source = `
      import type { A } from '@x/a/deep';
      import {
        b,
      } from "b";
      import 'c';
      const d = await import('d');
      const e = require('node:e');
      // import 'f';
      /* import 'g'; */`;
    expect(importedNames(source)).toEqual(['@x/a', 'b', 'c', 'd', 'node:e']);
  });
});
