import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A path of the repository, whatever the working directory. */
export const inRepository = (path) => join(root, path);

/** An error whose message is enough for the reader. */
export function bootstrapError(message) {
  return Object.assign(new Error(message), { isBootstrapError: true });
}

/** One line of progress; always on stderr, since stdout belongs to the command that is to run. */
export const log = (message) => process.stderr.write(`${message}\n`);

export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** Runs a program in the repository with its stdout on our stderr, and returns its exit status. */
export function runProgram(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32' && !program.endsWith('.exe'),
    });
    const stop = (signal) => {
      child.kill(signal);
      process.off('SIGTERM', stop);
      process.kill(process.pid, signal);
    };
    process.on('SIGTERM', stop);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      process.off('SIGTERM', stop);
      resolve(status ?? `signal ${signal}`);
    });
  });
}

// What was done last, so that a step is skipped while nothing it depends on has changed.
const STAMPS = 'node_modules/.ssl-scene-bootstrap.json';

export function readStamps() {
  try {
    return JSON.parse(readFileSync(inRepository(STAMPS), 'utf8'));
  } catch {
    return {};
  }
}

export function writeStamp(name, value) {
  mkdirSync(dirname(inRepository(STAMPS)), { recursive: true });
  writeFileSync(inRepository(STAMPS), JSON.stringify({ ...readStamps(), [name]: value }));
}
