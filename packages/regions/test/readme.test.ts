import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import * as library from '@ssl-scene/regions';
import { expect, it } from 'vitest';

it('the example of the README prints what the comments after it say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, imports, program, comments] =
    /```js\nimport (\{.*?\}) from '@ssl-scene\/regions';\n(.*?)((?:\n\/\/ [^\n]*)+)\n```/s.exec(readme)!;
  const printed: string[] = [];
  const log = (...values: unknown[]): unknown => printed.push(format(...values));
  new Function('library', 'console', `const ${imports} = library;\n${program}`)(library, { log });
  expect(printed.join('\n').split('\n')).toEqual(
    comments!
      .trim()
      .split('\n')
      .map((line) => line.slice('// '.length)),
  );
});
