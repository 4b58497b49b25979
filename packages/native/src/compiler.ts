import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { lastLines, runCommand } from './command.ts';
import { HEADERS_FOLDER } from './library-layout.ts';
import { RESTART_SOURCE } from './own-sources.ts';

/** A C++ compiler that was found to start. */
export interface Compiler {
  /** Program and leading arguments, for example `['ccache', 'g++']`. */
  readonly command: readonly string[];
  /** First line of what it says about itself. */
  readonly version: string;
}

const CANDIDATES = ['c++', 'g++', 'clang++'];

/**
 * The compiler to use: the given one, else the one that the variable `CXX` names, else the first of c++, g++ and clang++.
 *
 * @throws SceneError `NATIVE_NO_COMPILER` where none starts.
 */
export async function findCompiler(given?: string): Promise<Compiler> {
  const named = given ?? process.env.CXX;
  const candidates = named ? [named] : CANDIDATES;
  for (const candidate of candidates) {
    const command = candidate.trim().split(/\s+/);
    const result = await runCommand(command[0]!, [...command.slice(1), '--version']);
    if (result.status === 0) return { command, version: result.stdout.split('\n')[0]!.trim() };
  }
  throw new SceneError({
    code: 'NATIVE_NO_COMPILER',
    expected: 'a C++ compiler',
    found: `none (tried ${candidates.join(', ')})`,
    where: 'native library',
    fix: 'Install one (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install), or name one in CXX.',
  });
}

/** What to compile and where to. */
export interface BindingBuild {
  readonly compiler: Compiler;
  /** Folder of @tensorflow/tfjs-node-gpu, which ships the source. */
  readonly packageDirectory: string;
  /** Folder with `include/` and `deps/lib/`. */
  readonly directory: string;
  readonly output: string;
  /** This package's own operations; see `kernelSources`. */
  readonly kernels: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compiles and links the binding, this package's own operations among it. Node's headers come with this package
 * (`node-api-headers`): the binding needs only the
 * stable Node-API, so one build serves every version of Node.
 *
 * @throws SceneError `NATIVE_COMPILE` with the compiler's last lines.
 */
export async function compileBinding(build: BindingBuild): Promise<void> {
  await compile(build, bindingArguments(build));
}

/** Compiles the addon that starts a program again (see `RESTART_SOURCE`). @throws SceneError `NATIVE_COMPILE`. */
export async function compileRestart(build: Pick<BindingBuild, 'compiler' | 'output' | 'signal'>): Promise<void> {
  await compile(build, [...COMMON_ARGUMENTS, '-shared', `-I${nodeHeaders()}`, RESTART_SOURCE, '-o', build.output]);
}

async function compile(
  { compiler, signal }: Pick<BindingBuild, 'compiler' | 'signal'>,
  args: readonly string[],
): Promise<void> {
  const [program, ...leading] = compiler.command;
  const result = await runCommand(program!, [...leading, ...args], { signal });
  signal?.throwIfAborted();
  if (result.status === 0) return;
  throw new SceneError({
    code: 'NATIVE_COMPILE',
    expected: 'the compiler to build the binding of tfjs-node-gpu',
    found: firstError(result.stderr) ?? (lastLines(result.stderr) || `exit status ${result.status}`),
    where: compiler.version,
    fix: 'Install a newer compiler with its standard library, or name another one in CXX.',
  });
}

function firstError(output: string): string | undefined {
  return output
    .split('\n')
    .find((line) => /\berror\b|cannot find/.test(line))
    ?.trim();
}

const COMMON_ARGUMENTS = ['-O2', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8'];

function nodeHeaders(): string {
  const headers: { include_dir: string } = createRequire(import.meta.url)('node-api-headers');
  return headers.include_dir;
}

function bindingArguments({ packageDirectory, directory, output, kernels }: BindingBuild): string[] {
  const libraries = join(directory, 'deps', 'lib');
  return [
    ...COMMON_ARGUMENTS,
    // Vectors wider than the baseline processor's never leave their functions.
    '-Wno-psabi',
    '-pthread',
    `-I${packageDirectory}`,
    `-I${join(directory, HEADERS_FOLDER)}`,
    `-I${nodeHeaders()}`,
    join(packageDirectory, 'binding', 'tfjs_backend.cc'),
    join(packageDirectory, 'binding', 'tfjs_binding.cc'),
    ...kernels,
    '-o',
    output,
    `-L${libraries}`,
    '-ltensorflow',
    '-ltensorflow_framework',
    ...(process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
      : ['-shared', '-Wl,-rpath,$ORIGIN/../../deps/lib']),
  ];
}
