import { SceneError } from '@ssl-scene/errors';
import { lastLines, runCommand } from './command.ts';

/** What the library said of itself. */
export interface SelfTestResult {
  readonly tensorflowVersion: string;
  /** Whether it would compute on a CUDA device. */
  readonly usesGpu: boolean;
}

// Runs in a child process: a library that does not fit the processor ends it with a signal, and the binding may be
// loaded only once. node-pre-gyp, which finds the binding, is replaced: the one under test is not linked into the package yet.
const PROGRAM = `
const { createRequire } = require('node:module');
const [packageDirectory, bindingPath] = process.argv.slice(1);
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const packageRequire = createRequire(packageDirectory + '/package.json');
const finder = packageRequire.resolve('@mapbox/node-pre-gyp');
require.cache[finder] = { id: finder, filename: finder, loaded: true, exports: { find: () => bindingPath } };
const tf = packageRequire(packageDirectory);
if (require.cache[require('node:fs').realpathSync(bindingPath)] === undefined) throw new Error('another binding was loaded');
const expect = (what, got, want) => {
  const same = got.length === want.length && got.every((value, i) => Math.abs(value - want[i]) < 1e-5);
  if (!same) throw new Error(what + ' gave ' + got.join(' ') + ' in place of ' + want.join(' '));
};
const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]]));
expect('matrix product', [...product.dataSync()], [19, 22, 43, 50]);
const image = tf.range(0, 16).reshape([1, 4, 4, 1]);
const convolved = tf.conv2d(image, tf.ones([3, 3, 1, 1]), 1, 'valid');
expect('convolution', [...convolved.dataSync()], [45, 54, 81, 90]);
const backend = tf.backend();
console.log(JSON.stringify({
  tensorflowVersion: backend.binding.TF_Version,
  usesGpu: backend.isUsingGpuDevice === true,
}));
`;

const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGILL: 'the processor lacks instructions (AVX) that the library uses',
  SIGBUS: 'a file of the library is cut short',
  SIGSEGV: 'the library crashed',
};

/** What to test. */
export interface SelfTest {
  readonly packageDirectory: string;
  readonly bindingPath: string;
  /** Default: the running Node. */
  readonly node?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a binding in a child process and checks one matrix product and one convolution.
 *
 * @throws SceneError `NATIVE_SELF_TEST` with what went wrong.
 */
export async function selfTest({ packageDirectory, bindingPath, node, signal }: SelfTest): Promise<SelfTestResult> {
  const args = ['--input-type=commonjs', '-e', PROGRAM, packageDirectory, bindingPath];
  const env = { TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: '' };
  const result = await runCommand(node ?? process.execPath, args, { env, signal });
  signal?.throwIfAborted();
  const lastLine = result.stdout.trim().split('\n').at(-1) ?? '';
  if (result.status === 0 && lastLine.startsWith('{')) return JSON.parse(lastLine) as SelfTestResult;
  throw new SceneError({
    code: 'NATIVE_SELF_TEST',
    expected: 'a matrix product and a convolution by the native library',
    found: describeFailure(result.signal, result.stderr) || `exit status ${result.status}`,
    where: bindingPath,
    fix: 'Run `ssl-scene native install --force`; where it fails again, use the WebAssembly backend (SSL_SCENE_BACKEND=wasm).',
  });
}

function describeFailure(signal: NodeJS.Signals | null, stderr: string): string {
  if (signal !== null) return `${signal}: ${SIGNAL_HINTS[signal] ?? 'the process was ended'}`;
  const thrown = stderr.split('\n').find((line) => /Error: /.test(line));
  return thrown?.trim() ?? lastLines(stderr);
}
