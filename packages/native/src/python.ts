import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { type CommandResult, runCommand } from './command.ts';
import { PYTHON_TAG, type Wheel } from './wheels.ts';

/** A pip that was found to start. */
export interface Pip {
  /** Program and leading arguments, for example `['python3', '-m', 'pip']`. */
  readonly command: readonly string[];
  readonly version: string;
}

const CANDIDATES: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];

/**
 * The pip to fetch wheels with: that of the given Python, else of the one that `SSL_SCENE_PYTHON` names, else the first
 * that starts of python3, python, pip3 and pip. Any Python will do; TensorFlow need not support it.
 *
 * @throws SceneError `NATIVE_NO_PYTHON` where none starts.
 */
export async function findPip(givenPython?: string): Promise<Pip> {
  const python = givenPython ?? process.env.SSL_SCENE_PYTHON;
  const candidates = python ? [[python, '-m', 'pip']] : CANDIDATES;
  for (const command of candidates) {
    const result = await runCommand(command[0]!, [...command.slice(1), '--version']);
    const version = /^pip (\S+)/.exec(result.stdout)?.[1];
    if (result.status === 0 && version !== undefined) return { command, version };
  }
  throw new SceneError({
    code: 'NATIVE_NO_PYTHON',
    expected: 'Python with pip, which fetches the library',
    found: `none (tried ${candidates.map((command) => command.join(' ')).join(', ')})`,
    where: 'native library',
    fix: 'Install it (Debian and Ubuntu: apt-get install python3-pip; macOS: brew install python), or give a wheel with --from.',
  });
}

/** How to run pip for one wheel. */
export interface PipRun {
  readonly pip: Pip;
  readonly wheel: Wheel;
  /** An empty folder for pip's own temporary files, so that they can be watched and removed. */
  readonly temporary: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks pip where it would take the wheel from, so that its mirrors and settings count; `undefined` where it does not say
 * (an index that asks for a password, a folder, a later pip that reports in other words).
 */
export async function wheelAddress(run: PipRun): Promise<string | undefined> {
  // pip has no command for this that would not fetch the file as well. It lists the links of the index before it fetches
  // anything, and is stopped as soon as it has named the wanted one.
  const named = new AbortController();
  const signals = run.signal === undefined ? [named.signal] : [named.signal, run.signal];
  let output = '';
  let address: string | undefined;
  await runPip(
    { ...run, signal: AbortSignal.any(signals) },
    ['download', ...selectionArguments(run.wheel), '--dest', run.temporary, '-vv', requirement(run.wheel)],
    (text) => {
      output += text;
      address ??= addressIn(output, run.wheel.fileName);
      if (address !== undefined) named.abort();
    },
  );
  run.signal?.throwIfAborted();
  return address;
}

/** The first web address of a file in pip's output, without the fragment; the white space after it must have come. */
export function addressIn(output: string, fileName: string): string | undefined {
  for (const [address] of output.matchAll(/https?:\/\/\S+(?=\s)/g)) {
    const plain = address.split('#')[0]!;
    if (plain.endsWith(`/${fileName}`)) return plain;
  }
  return undefined;
}

function requirement(wheel: Wheel): string {
  return `${wheel.distribution}==${wheel.version}`;
}

/**
 * Lets pip fetch the wheel into a folder, checked by pip against the pinned hash.
 *
 * @throws SceneError `NATIVE_DOWNLOAD` with pip's last error.
 */
export async function downloadWithPip(run: PipRun, targetDirectory: string): Promise<void> {
  const requirements = join(run.temporary, 'requirements.txt');
  const { distribution, version, sha256, fileName } = run.wheel;
  await writeFile(requirements, `${requirement(run.wheel)} --hash=sha256:${sha256}\n`);
  const result = await runPip(run, [
    'download',
    ...selectionArguments(run.wheel),
    '--progress-bar=off',
    '--no-cache-dir',
    '--require-hashes',
    '--dest',
    targetDirectory,
    '--requirement',
    requirements,
  ]);
  run.signal?.throwIfAborted();
  if (result.status === 0) return;
  throw new SceneError({
    code: 'NATIVE_DOWNLOAD',
    expected: `pip to fetch ${distribution} ${version}`,
    found: pipError(result),
    where: fileName,
    fix: 'Check the network and pip’s configuration (pip config list) and run the command again, or give the wheel with --from.',
  });
}

function selectionArguments(wheel: Wheel): string[] {
  return ['--no-deps', '--only-binary=:all:', '--python-version', PYTHON_TAG, '--platform', wheel.platformTag];
}

function runPip(
  { pip, temporary, signal }: PipRun,
  args: readonly string[],
  onOutput: (text: string) => void = () => {},
): Promise<CommandResult> {
  const [program, ...leading] = pip.command;
  const env = { PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', TMPDIR: temporary };
  return runCommand(program!, [...leading, ...args], { env, signal, onOutput });
}

function pipError(result: CommandResult): string {
  const broken = /connection broken by '(\w+)/.exec(result.stderr)?.[1];
  if (broken !== undefined) return `no connection to the package index (${broken})`;
  const errors = result.stderr.split('\n').filter((line) => line.startsWith('ERROR:'));
  return errors.at(0)?.replace('ERROR: ', '').trim() ?? result.startError?.message ?? `exit status ${result.status}`;
}
