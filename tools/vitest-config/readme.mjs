import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PRINTS = /```js\n(?<program>.*?)```\n\nprints\n\n```\n(?<output>.*?)```/s;
const COMMENTS = /```js\n(?<program>.*?)(?<comments>(?:\n\/\/ [^\n]*)+)\n```/s;

/**
 * Runs the example of a package's README in a process of its own, inside the package, where its own name and its
 * dependencies resolve; gives what it printed and what the README says, in a block after `prints` or in the comments that
 * end the program.
 *
 * @param test `import.meta.url` of a file in the package's test folder.
 */
export const runReadmeExample = async (test) => {
  const packageFolder = fileURLToPath(new URL('..', test));
  const readme = readFileSync(`${packageFolder}/README.md`, 'utf8');
  const { program, output, comments } = (PRINTS.exec(readme) ?? COMMENTS.exec(readme)).groups;
  const said = output ?? `${comments.trim().replaceAll(/^\/\/ /gm, '')}\n`;
  const source = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--import', 'tsx', '--conditions=@ssl-scene/source'];
  const folder = mkdtempSync(`${packageFolder}/test/.readme-`);
  try {
    writeFileSync(`${folder}/example.mjs`, program);
    const { stdout } = await promisify(execFile)(process.execPath, [...source, 'example.mjs'], { cwd: folder });
    return { printed: stdout, said };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
