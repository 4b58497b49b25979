import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Composed, so that this file does not hold what it looks for.
const host = (...labels) => labels.join('\\.');
const REGISTRY_HOSTS = [
  host('registry', '(?:npmjs|yarnpkg)'),
  host('pypi', 'org'),
  host('pythonhosted', 'org'),
  host('crates', 'io'),
  host('npmmirror', 'com'),
];
const MACHINE_FOLDERS = ['work', 'root', 'home', 'Users', 'tmp', 'private'];

const FORBIDDEN = [
  { what: 'host of a registry', pattern: new RegExp(REGISTRY_HOSTS.join('|')) },
  { what: 'path of a machine', pattern: new RegExp(`(?<![\\w.~$}\\])/-])/(?:${MACHINE_FOLDERS.join('|')})/\\w`) },
];

/** Registry hosts and absolute paths of somebody's machine in tracked text files: both belong into settings. */
export function checkContents(root) {
  return trackedFiles(root).flatMap((file) =>
    findForbidden(readFileSync(join(root, file))).map((found) => `${file}${found}`),
  );
}

/** What of a file's contents is forbidden, each with its line; binary files hold nothing that is. */
export function findForbidden(contents) {
  if (contents.includes(0)) return [];
  return contents
    .toString('utf8')
    .split('\n')
    .flatMap((line, index) =>
      FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
        ({ what, pattern }) => `:${index + 1}: ${what}: ${pattern.exec(line)[0]}`,
      ),
    );
}

function trackedFiles(root) {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  return list
    .toString('utf8')
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)) && statSync(join(root, file)).isFile());
}
