import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import { unpack } from './archive.ts';
import { type CacheLayout, cacheLayout, defaultCacheDirectory } from './cache.ts';
import { type BindingBuild, type Compiler, compileBinding, compileRestart, findCompiler } from './compiler.ts';
import { fetchWheel, requireHash } from './download.ts';
import { findLibraries, type Libraries, type LibrarySource, shareLibraries, sortRecords } from './libraries.ts';
import {
  addLinkNames,
  BINDING_FILE,
  libraryFiles,
  mainWheelFiles,
  prepareBindingPath,
  RESTART_FILE,
} from './library-layout.ts';
import { withLock } from './lock.ts';
import { type FileRecord, type Manifest, readManifest, sha256Of, sizeDamage, writeManifest } from './manifest.ts';
import { kernelSources, sourcesKey } from './own-sources.ts';
import { megabytes, type OnProgress } from './progress.ts';
import { findPip } from './python.ts';
import { selfTest } from './self-test.ts';
import { linkIntoPackage, requireTfjsPackage, type TfjsPackage } from './tfjs-package.ts';
import { DEFAULT_VERSION, knownWheel, wheelsFor } from './wheels.ts';

/** How to install. */
export interface InstallOptions {
  /** TensorFlow's version. Default `2.15.1`. */
  readonly version?: string;
  /** Whether to take the CUDA build (Linux x86-64; some 2 GB; not verified). Default false. */
  readonly gpu?: boolean;
  /** Wheel files to use in place of a download, TensorFlow's own first; nothing is fetched then. */
  readonly from?: readonly string[];
  /** Folder of downloads and installations. Default {@link defaultCacheDirectory}. */
  readonly cacheDirectory?: string;
  /** Whether to build again what is there and sound. Default false. */
  readonly force?: boolean;
  /** Whether to keep downloaded wheels after the installation. Default false. */
  readonly keepWheels?: boolean;
  /** The Python whose pip fetches the wheels. Default: see {@link findPip}. */
  readonly python?: string;
  /** The C++ compiler. Default: see {@link findCompiler}. */
  readonly compiler?: string;
  /** A file, or a folder with a trailing slash, from which `@tensorflow/tfjs-node-gpu` is looked up. Default: this package. */
  readonly resolveFrom?: string;
  /** Called with the progress; {@link progressPrinter} makes one for people. */
  readonly onProgress?: OnProgress;
  /** Stops the installation; what was downloaded stays. */
  readonly signal?: AbortSignal;
}

/** What an installation came to. */
export interface InstallResult {
  /** Folder of the installation in the cache. */
  readonly directory: string;
  /** Folder of the npm package into which it is linked. */
  readonly packageDirectory: string;
  readonly manifest: Manifest;
  /** `present` where a sound installation was found and only linked, `rebuilt` where a damaged one was replaced. */
  readonly outcome: 'installed' | 'present' | 'rebuilt';
}

/**
 * Fetches TensorFlow's library, or shares that of another installation from the same wheels (but for `force`), builds the
 * binding of tfjs-node-gpu against it, tests both in a child process, and links them into the npm package. Does nothing where
 * that is done already; safe when several processes call it at once; a failure leaves no half installation behind.
 *
 * @throws SceneError `NATIVE_PACKAGE_MISSING`, `NATIVE_PLATFORM`, `NATIVE_NO_PYTHON`, `NATIVE_NO_COMPILER`,
 *   `NATIVE_DOWNLOAD`, `NATIVE_HASH`, `NATIVE_WHEEL`, `NATIVE_COMPILE`, `NATIVE_SELF_TEST`, `NATIVE_LINK`.
 */
export async function installNative(options: InstallOptions = {}): Promise<InstallResult> {
  const tfjs = requireTfjsPackage(options.resolveFrom);
  const request = await planInstallation(options, tfjs);
  const present = options.force ? undefined : soundManifest(request.layout.entry);
  if (present !== undefined) return await finish(request, present, 'present');
  return await withLock(request.layout.lock, () => installLocked(request), {
    onWait: (holder) => options.onProgress?.({ stage: 'wait', message: `waiting for ${holder}, which is installing` }),
    signal: options.signal,
  });
}

interface Request {
  readonly options: InstallOptions;
  readonly tfjs: TfjsPackage;
  readonly layout: CacheLayout;
}

async function planInstallation(options: InstallOptions, tfjs: TfjsPackage): Promise<Request> {
  const root = resolve(options.cacheDirectory ?? defaultCacheDirectory());
  const mainWheel = options.from?.[0] ?? wantedWheels(options)[0]!.fileName;
  for (const path of options.from ?? []) await requireFile(path);
  return { options, tfjs, layout: cacheLayout(root, tfjs.version, basename(mainWheel), sourcesKey()) };
}

async function installLocked(request: Request): Promise<InstallResult> {
  const { options, layout } = request;
  const wasThere = (await stat(layout.entry).catch(() => undefined)) !== undefined;
  // Another process may have finished while this one waited for the lock.
  const present = options.force ? undefined : soundManifest(layout.entry);
  if (present !== undefined) return await finish(request, present, 'present');

  // Asked for first, so that a missing compiler is known before 200 MB are fetched.
  const compiler = await findCompiler(options.compiler);
  const source = options.force ? undefined : await findLibraries(layout.root, await namedWheels(options), layout.entry);
  const wheels = source ?? (await providedWheels(request));
  await removeLeftovers(layout);
  const staging = await mkdtemp(`${layout.entry}.partial-`);
  try {
    const manifest = await build(request, wheels, compiler, staging);
    await rm(layout.entry, { recursive: true, force: true });
    await rename(staging, layout.entry);
    if (!options.keepWheels && options.from === undefined) await rm(layout.wheels, { recursive: true, force: true });
    return await finish(request, manifest, wasThere ? 'rebuilt' : 'installed');
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function build(
  { options, tfjs }: Request,
  given: LibrarySource | readonly string[],
  compiler: Compiler,
  staging: string,
): Promise<Manifest> {
  const { onProgress, signal } = options;
  const { wheels, files, headers } = await bringLibraries(given, staging, options);
  await addLinkNames(staging);

  onProgress?.({ stage: 'compile', message: `compiling the binding with ${compiler.version}` });
  const bindingPath = await prepareBindingPath(staging);
  const binding = { compiler, packageDirectory: tfjs.directory, directory: staging, output: bindingPath, signal };
  const hasKernels = await compileWithKernels(binding, onProgress);
  const addons = [BINDING_FILE];
  if (process.platform === 'linux') {
    await compileRestart({ compiler, output: join(staging, RESTART_FILE), signal });
    addons.push(RESTART_FILE);
  }

  onProgress?.({ stage: 'verify', message: 'testing a matrix product and a convolution' });
  const tested = await selfTest({ packageDirectory: tfjs.directory, bindingPath, signal });
  const built = await Promise.all(addons.map((path) => describeFile(staging, path)));
  const manifest: Manifest = {
    format: 1,
    installedAt: new Date().toISOString(),
    tfjsVersion: tfjs.version,
    tensorflowVersion: tested.tensorflowVersion,
    gpu: options.gpu ?? false,
    wheels,
    compiler: compiler.version,
    ...(hasKernels && { kernels: sourcesKey() }),
    files: { ...files, ...Object.fromEntries(built) },
    headers,
  };
  await writeManifest(staging, manifest);
  return manifest;
}

/**
 * Without the own operations everything works, but slower: a compiler that refuses them (too old, mostly) is no reason to have
 * nothing.
 */
async function compileWithKernels(
  binding: Omit<BindingBuild, 'kernels'>,
  onProgress: OnProgress | undefined,
): Promise<boolean> {
  try {
    await compileBinding({ ...binding, kernels: kernelSources() });
    return true;
  } catch (error) {
    if (!isSceneError(error) || error.code !== 'NATIVE_COMPILE') throw error;
    const message = `compiling without our own operations, hence slower training: ${error.found}`;
    onProgress?.({ stage: 'compile', message });
    // Where that fails as well, the first reason is the better one.
    await compileBinding({ ...binding, kernels: [] }).catch(() => Promise.reject(error));
    return false;
  }
}

async function bringLibraries(
  given: LibrarySource | readonly string[],
  staging: string,
  options: InstallOptions,
): Promise<Libraries> {
  if ('directory' in given) {
    options.onProgress?.({ stage: 'unpack', message: `sharing the libraries of ${basename(given.directory)}` });
    return await shareLibraries(given, staging);
  }
  const records = await unpackWheels(given, staging, options);
  return { wheels: await Promise.all(given.map(describeWheel)), ...sortRecords(records) };
}

async function unpackWheels(
  wheels: readonly string[],
  staging: string,
  { onProgress, signal }: InstallOptions,
): Promise<Record<string, FileRecord>> {
  const records: Record<string, FileRecord> = {};
  for (const [index, wheel] of wheels.entries()) {
    const message = `unpacking ${basename(wheel).split('-').slice(0, 2).join(' ')}`;
    const selection = index === 0 ? mainWheelFiles : libraryFiles;
    const written = await unpack(wheel, staging, selection, {
      onBytes: (completed, total) => onProgress?.({ stage: 'unpack', message, completed, total }),
      signal,
    });
    Object.assign(records, written);
  }
  return records;
}

/** What the manifest will say of the wheels, known before any is fetched. */
async function namedWheels(options: InstallOptions): Promise<Manifest['wheels']> {
  if (options.from !== undefined) return await Promise.all(options.from.map(describeWheel));
  return wantedWheels(options).map(({ fileName, sha256 }) => ({ fileName, sha256 }));
}

async function providedWheels({ options, layout }: Request): Promise<readonly string[]> {
  const { onProgress, signal } = options;
  if (options.from !== undefined) {
    for (const path of options.from) await checkGivenWheel(path);
    return options.from;
  }
  const pip = await findPip(options.python);
  const paths: string[] = [];
  for (const wheel of wantedWheels(options)) {
    paths.push(await fetchWheel({ wheel, directory: layout.wheels, pip, onProgress, signal }));
  }
  return paths;
}

function wantedWheels(options: InstallOptions): ReturnType<typeof wheelsFor> {
  return wheelsFor({
    version: options.version ?? DEFAULT_VERSION,
    gpu: options.gpu ?? false,
    platform: process.platform,
    arch: process.arch,
    glibc: usesGlibc(),
  });
}

function usesGlibc(): boolean {
  if (process.platform !== 'linux') return true;
  // Without this the report looks up names of network peers, which can take seconds.
  (process.report as { excludeNetwork?: boolean }).excludeNetwork = true;
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}

// A wheel that the table knows by name must be the published file; one that it doesn't know is the user's own build.
async function checkGivenWheel(path: string): Promise<void> {
  const known = knownWheel(basename(path));
  if (known !== undefined) await requireHash(path, known);
}

async function requireFile(path: string): Promise<void> {
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (isFile) return;
  throw new SceneError({
    code: 'NATIVE_WHEEL',
    expected: 'a wheel file',
    found: 'no such file',
    where: path,
    fix: 'Give the path of a downloaded TensorFlow wheel (.whl).',
  });
}

async function describeFile(directory: string, path: string): Promise<[string, FileRecord]> {
  const file = join(directory, path);
  return [path, { size: (await stat(file)).size, sha256: await sha256Of(file) }];
}

async function describeWheel(path: string): Promise<{ fileName: string; sha256: string }> {
  return { fileName: basename(path), sha256: await sha256Of(path) };
}

// Folders of processes that died; the lock is held, so none of them is at work.
async function removeLeftovers(layout: CacheLayout): Promise<void> {
  await mkdir(layout.root, { recursive: true });
  const prefix = `${basename(layout.entry)}.partial-`;
  for (const name of await readdir(layout.root)) {
    if (name.startsWith(prefix)) await rm(join(layout.root, name), { recursive: true, force: true });
  }
}

async function finish(
  { options, tfjs, layout }: Request,
  manifest: Manifest,
  outcome: InstallResult['outcome'],
): Promise<InstallResult> {
  await pointActiveTo(layout);
  linkIntoPackage(tfjs, layout.entry);
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.size, 0);
  const message = `TensorFlow ${manifest.tensorflowVersion} is ready (${megabytes(bytes)} in ${dirname(layout.entry)})`;
  options.onProgress?.({ stage: 'done', message });
  return { directory: layout.entry, packageDirectory: tfjs.directory, manifest, outcome };
}

async function pointActiveTo(layout: CacheLayout): Promise<void> {
  const temporary = `${layout.active}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await symlink(basename(layout.entry), temporary);
  await rename(temporary, layout.active);
}

function soundManifest(directory: string): Manifest | undefined {
  const manifest = readManifest(directory);
  return manifest !== undefined && sizeDamage(directory, manifest) === undefined ? manifest : undefined;
}
