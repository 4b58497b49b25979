import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('peers/requirements.txt', import.meta.url));

/**
 * The Python of a throw-away environment with the peers installed, outside the repository; made on first use, again when
 * the requirements change. SSL_SCENE_BENCH_PYTHON names another Python that has them.
 */
export function peerPython() {
  if (process.env.SSL_SCENE_BENCH_PYTHON) return process.env.SSL_SCENE_BENCH_PYTHON;
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'ssl-scene', 'bench-peers', digest);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return python;
  console.error(`installing the peers into ${folder} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
  writeFileSync(join(folder, 'complete'), '');
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 'inherit'] });
  if (error || status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} failed: the peers need python3 with venv and pip, and a package index`,
    );
  }
}
