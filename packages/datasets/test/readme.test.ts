import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README prints what the README says', async () => {
  const readme = readFileSync(`${packageFolder}/README.md`, 'utf8');
  const [, program, output] = /```js\n(.*?)```\n\nprints\n\n```\n(.*?)```/s.exec(readme)!;
  const source = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--import', 'tsx', '--conditions=@ssl-scene/source'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...source, '--input-type=module', '--eval', program!],
    { cwd: packageFolder },
  );
  expect(stdout).toBe(output);
});
