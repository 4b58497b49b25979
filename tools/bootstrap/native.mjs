import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrapError, inRepository, log, readStamps, runProgram, writeStamp } from './repository.mjs';

const PACKAGE = 'packages/native/node_modules/@tensorflow/tfjs-node-gpu';
const RETRY_AFTER_HOURS = 1;

/**
 * Installs the native backend where it is not there, or warns that WebAssembly is used in its place. With
 * `SSL_SCENE_BACKEND=native` a failure is an error.
 */
export async function ensureNative() {
  if (isNativeSound()) return;
  const isRequired = process.env.SSL_SCENE_BACKEND === 'native';
  if (!isRequired && failedRecently()) return warn(readStamps().nativeFailure.message);
  log('installing the native backend (once per user) …');
  const { status, message } = await installInChild();
  if (status === 0) return;
  if (isRequired) throw bootstrapError(message);
  warn(message);
}

/** Whether the binding is linked and every file of its installation is there in its full size. */
export function isNativeSound() {
  try {
    const library = realpathSync(inRepository(join(PACKAGE, 'lib')));
    const binding = statSync(join(library, 'napi-v8/tfjs_binding.node'));
    // A folder of the package's own holds a binding that its own install script made.
    if (library === join(realpathSync(inRepository(PACKAGE)), 'lib')) return binding.size > 0;
    const installation = join(library, '..');
    const { files } = JSON.parse(readFileSync(join(installation, 'manifest.json'), 'utf8'));
    return Object.entries(files).every(([path, { size }]) => statSync(join(installation, path)).size === size);
  } catch {
    return false;
  }
}

// In a child process, which reads the TypeScript sources: at this point nothing is built yet.
async function installInChild() {
  const program = inRepository('tools/bootstrap/install-native.mjs');
  const report = inRepository('node_modules/.ssl-scene-native-failure.json');
  const conditions = ['--conditions=@ssl-scene/source', '--import=tsx'];
  const status = await runProgram(process.execPath, [...conditions, program, report]);
  if (status === 0) {
    writeStamp('nativeFailure', undefined);
    return { status, message: '' };
  }
  const failure = readFailure(report) ?? { code: 'UNKNOWN', message: `its installation ended with ${status}` };
  writeStamp('nativeFailure', { ...failure, time: Date.now() });
  return { status, message: failure.message };
}

function readFailure(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

// Without network pip tries for minutes; a missing program, in contrast, is noticed at once and may have been installed.
function failedRecently() {
  const { nativeFailure } = readStamps();
  return nativeFailure?.code === 'NATIVE_DOWNLOAD' && Date.now() - nativeFailure.time < RETRY_AFTER_HOURS * 3_600_000;
}

function warn(message) {
  log(`warning: no native backend, so WebAssembly computes, many times slower. ${message}`);
}
