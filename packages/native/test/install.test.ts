import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Module from 'node:module';
import { join, sep } from 'node:path';
import {
  findNative,
  type InstallOptions,
  type InstallProgress,
  installNative,
  loadNative,
  nativeStatus,
  removeNative,
} from '@ssl-scene/native';
import { describe, expect, it, vi } from 'vitest';
import { sourcesKey } from '../src/own-sources.ts';
import { type FakePackage, fakeCompiler, fakeProject, WHEEL_MEMBERS } from './fake-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { zip } from './zip-writer.ts';

const WHEEL = 'own_build-1.0-cp311-cp311-linux_x86_64.whl';

interface Site {
  readonly folder: string;
  readonly options: InstallOptions;
  readonly cacheDirectory: string;
  readonly tfjs: string;
  compilations(): number;
}

/** A wheel, an npm project, a cache and a compiler in a temporary folder. */
function site(fake: FakePackage = {}): Site {
  const folder = temporaryFolder();
  const log = join(folder, 'compilations');
  writeFileSync(join(folder, WHEEL), zip(WHEEL_MEMBERS));
  fakeProject(join(folder, 'project'), fake);
  const cacheDirectory = join(folder, 'cache');
  return {
    folder,
    cacheDirectory,
    tfjs: join(folder, 'project/node_modules/@tensorflow/tfjs-node-gpu'),
    options: {
      from: [join(folder, WHEEL)],
      cacheDirectory,
      compiler: fakeCompiler(folder, log),
      resolveFrom: join(folder, 'project') + sep,
    },
    compilations: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
}

const find = ({ options, cacheDirectory }: Site): Parameters<typeof findNative>[0] => ({
  cacheDirectory,
  resolveFrom: options.resolveFrom!,
});

const entryName = (kernels = `kernels-${sourcesKey()}`): string =>
  `tfjs-node-gpu-4.22.0+${WHEEL.replace(/[.]whl$/, '')}+${kernels}`;

const sizeOf = (members: Readonly<Record<string, string>>): number =>
  Object.values(members).reduce((sum, contents) => sum + contents.length, 0);

/** Runs a function while `NODE_PATH`, in which pnpm's launchers put the virtual store, does not count. */
function withoutGlobalModules(run: () => void): void {
  const { _initPaths: readNodePath } = Module as unknown as { _initPaths(): void };
  vi.stubEnv('NODE_PATH', '');
  readNodePath();
  try {
    run();
  } finally {
    vi.unstubAllEnvs();
    readNodePath();
  }
}

describe('installNative', () => {
  it('unpacks, compiles, tests and links; the partial folder does not stay', async () => {
    const here = site();
    const stages: InstallProgress['stage'][] = [];
    const onProgress = ({ stage }: InstallProgress): void => {
      if (stages.at(-1) !== stage) stages.push(stage);
    };
    const result = await installNative({ ...here.options, onProgress });

    expect(result.outcome).toBe('installed');
    expect(stages).toEqual(['unpack', 'compile', 'verify', 'done']);
    expect(result.manifest).toMatchObject({ tfjsVersion: '4.22.0', tensorflowVersion: '9.9.9', gpu: false });
    expect(result.manifest.kernels).toBe(sourcesKey());
    expect(Object.keys(result.manifest.files).sort()).toEqual([
      'deps/lib/libtensorflow_cc.so.2',
      'deps/lib/libtensorflow_framework.so.2',
      ...(process.platform === 'linux' ? ['lib/napi-v8/restart.node'] : []),
      'lib/napi-v8/tfjs_binding.node',
    ]);
    expect(readdirSync(result.directory).sort()).toEqual(['deps', 'include', 'lib', 'manifest.json']);
    expect(readlinkSync(join(here.tfjs, 'lib'))).toBe(join(result.directory, 'lib'));
    expect(readlinkSync(join(here.tfjs, 'deps'))).toBe(join(result.directory, 'deps'));
    expect(readdirSync(here.cacheDirectory)).toHaveLength(2);
  });

  it('says so and goes on without the own operations where the compiler refuses them', async () => {
    const here = site();
    const compiler = fakeCompiler(here.folder, join(here.folder, 'compilations'), 'operations.cc');
    const messages: string[] = [];
    const onProgress = ({ message }: InstallProgress): number => messages.push(message);
    const { outcome, manifest } = await installNative({ ...here.options, compiler, onProgress });
    expect(outcome).toBe('installed');
    expect(manifest).not.toHaveProperty('kernels');
    expect(messages).toContain(
      'compiling without our own operations, hence slower training: operations.cc:1: error: what is this',
    );
    expect(here.compilations()).toBe(1);
  });

  it('does nothing the second time', async () => {
    const here = site();
    await installNative(here.options);
    expect((await installNative(here.options)).outcome).toBe('present');
    expect(here.compilations()).toBe(1);
    expect((await installNative({ ...here.options, force: true })).outcome).toBe('rebuilt');
    expect(here.compilations()).toBe(2);
  });

  describe('beside an installation with other operations of our own', () => {
    const LIBRARY = 'deps/lib/libtensorflow_cc.so.2';

    /** A site with an installation as another version of this package made it, and that installation's folder. */
    async function updated(): Promise<{ here: Site; older: string; messages: string[]; options: InstallOptions }> {
      const here = site();
      const { directory } = await installNative(here.options);
      const older = directory.replace(/kernels-.*$/, 'kernels-00000000');
      renameSync(directory, older);
      const messages: string[] = [];
      const onProgress = ({ message }: InstallProgress): number => messages.push(message);
      return { here, older, messages, options: { ...here.options, onProgress } };
    }

    it('shares its libraries and compiles alone', async () => {
      const { here, older, messages, options } = await updated();
      const { outcome, directory, manifest } = await installNative(options);
      expect(outcome).toBe('installed');
      expect(messages[0]).toMatch(/^sharing the libraries of tfjs-node-gpu-4.22.0[+]own_build.*[+]kernels-00000000$/);
      expect(messages.some((message) => message.startsWith('unpacking'))).toBe(false);
      expect(statSync(join(directory, LIBRARY)).ino).toBe(statSync(join(older, LIBRARY)).ino);
      expect(here.compilations()).toBe(2);
      const { wheels, files } = JSON.parse(readFileSync(join(older, 'manifest.json'), 'utf8'));
      expect(manifest).toMatchObject({ wheels, files });
      expect(await nativeStatus({ ...find(here), verify: true })).toMatchObject({ usable: true });
      const { bytes } = removeNative(find(here));
      expect(bytes).toBeLessThan(2 * sizeOf(WHEEL_MEMBERS));
    });

    it.each([
      ['is cut short', (older: string) => truncateSync(join(older, LIBRARY), 100)],
      [
        'has other contents',
        (older: string) => writeFileSync(join(older, LIBRARY), 'another li '.repeat(1000) + ' '.repeat(1000)),
      ],
      ['lacks a header', (older: string) => rmSync(join(older, 'include/tensorflow/c/c_api.h'))],
    ])('takes the wheel where that %s', async (_, damage) => {
      const { here, older, messages, options } = await updated();
      damage(older);
      const { directory } = await installNative(options);
      expect(messages[0]).toMatch(/^unpacking/);
      expect(readFileSync(join(directory, LIBRARY), 'utf8')).toBe(WHEEL_MEMBERS['tensorflow/libtensorflow_cc.so.2']);
      expect(await nativeStatus({ ...find(here), verify: true })).toMatchObject({ usable: true });
    });

    it('takes the wheel where it is another one, or where asked to build anew', async () => {
      const { here, messages, options } = await updated();
      await installNative({ ...options, force: true });
      expect(messages[0]).toMatch(/^unpacking/);
      messages.length = 0;
      writeFileSync(join(here.folder, WHEEL), zip({ ...WHEEL_MEMBERS, 'tensorflow/libtensorflow_cc.so.2': 'newer' }));
      renameSync(join(here.cacheDirectory, entryName()), join(here.cacheDirectory, entryName('kernels-11111111')));
      const { directory } = await installNative(options);
      expect(messages[0]).toMatch(/^unpacking/);
      expect(readFileSync(join(directory, LIBRARY), 'utf8')).toBe('newer');
    });
  });

  it('builds once where several ask at the same time', async () => {
    const here = site();
    const results = await Promise.all(Array.from({ length: 4 }, () => installNative(here.options)));
    expect(results.map((result) => result.outcome).sort()).toEqual(['installed', 'present', 'present', 'present']);
    expect(here.compilations()).toBe(1);
  });

  it.each([
    ['is cut short', (path: string) => truncateSync(path, 100)],
    ['lost its manifest', (path: string) => writeFileSync(join(path, '../../../manifest.json'), '{"format":')],
  ])('rebuilds a cache that %s', async (_, damage) => {
    const here = site();
    const { directory } = await installNative(here.options);
    damage(join(directory, 'deps/lib/libtensorflow_cc.so.2'));
    expect(findNative(find(here))).toHaveProperty('reason');
    expect((await installNative(here.options)).outcome).toBe('rebuilt');
    expect(findNative(find(here))).not.toHaveProperty('reason');
  });

  it('serves a second project from the cache, linked when it is first looked for', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    fakeProject(join(here.folder, 'second'));
    const found = findNative({ cacheDirectory: here.cacheDirectory, resolveFrom: join(here.folder, 'second') + sep });
    expect(found).toMatchObject({ installation: { directory } });
    const linked = join(here.folder, 'second/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node');
    expect(readFileSync(linked, 'utf8')).toBe('binding');
  });

  it('leaves a binding that the package built itself alone', async () => {
    const here = site();
    mkdirSync(join(here.tfjs, 'lib/napi-v8'), { recursive: true });
    writeFileSync(join(here.tfjs, 'lib/napi-v8/tfjs_binding.node'), 'binding');
    expect(findNative(find(here))).toMatchObject({ installation: undefined });
    expect(removeNative(find(here)).removed).toEqual([]);
  });

  it('T07: a missing compiler is an error before anything is fetched', async () => {
    const here = site();
    const compiler = join(here.folder, 'absent');
    await expect(installNative({ ...here.options, compiler })).rejects.toMatchObject({
      code: 'NATIVE_NO_COMPILER',
      found: `none (tried ${compiler})`,
      fix: expect.stringContaining('apt-get install g++'),
    });
  });

  it('T07: a failed compilation shows the compiler’s words and leaves nothing behind', async () => {
    const here = site();
    const { 'tensorflow/include/tensorflow/c/c_api.h': _, ...withoutHeader } = WHEEL_MEMBERS;
    writeFileSync(join(here.folder, WHEEL), zip(withoutHeader));
    mkdirSync(join(here.cacheDirectory, `${entryName()}.partial-dead`), {
      recursive: true,
    });
    await expect(installNative(here.options)).rejects.toMatchObject({
      code: 'NATIVE_COMPILE',
      found: expect.stringContaining('tensorflow/c/c_api.h: No such file'),
    });
    expect(readdirSync(here.cacheDirectory)).toEqual([]);
    expect(existsSync(join(here.tfjs, 'lib'))).toBe(false);
  });

  it.each([
    ['computes wrongly', { product: [19, 22, 43, 51] }, 'matrix product gave 19 22 43 51 in place of 19 22 43 50'],
    ['does not fit the processor', { crashes: true }, 'SIGILL: the processor lacks instructions (AVX)'],
  ])('refuses a library that %s', async (_, fake, found) => {
    const here = site(fake);
    await expect(installNative(here.options)).rejects.toMatchObject({
      code: 'NATIVE_SELF_TEST',
      found: expect.stringContaining(found),
    });
    expect(readdirSync(here.cacheDirectory)).toEqual([]);
  });

  it('refuses a published wheel with other contents', async () => {
    const here = site();
    const name = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
    writeFileSync(join(here.folder, name), zip(WHEEL_MEMBERS));
    await expect(installNative({ ...here.options, from: [join(here.folder, name)] })).rejects.toMatchObject({
      code: 'NATIVE_HASH',
    });
  });

  it('names a wheel that is not there', async () => {
    const here = site();
    const absent = join(here.folder, 'absent.whl');
    await expect(installNative({ ...here.options, from: [absent] })).rejects.toMatchObject({
      code: 'NATIVE_WHEEL',
      where: absent,
    });
  });

  it('stops when told', async () => {
    const here = site();
    const signal = AbortSignal.abort();
    await expect(installNative({ ...here.options, signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(here.cacheDirectory)).toEqual([]);
  });
});

describe('loadNative', () => {
  it('T07: gives the reason and what to do where nothing is installed', () => {
    const here = site();
    expect(loadNative(find(here))).toEqual({
      reason: 'the native library is not installed',
      fix: 'Run `ssl-scene native install`.',
    });
  });

  it('T07: gives the reason where the optional package is absent', () => {
    withoutGlobalModules(() => {
      expect(loadNative({ resolveFrom: temporaryFolder() + sep })).toMatchObject({
        reason: 'the optional package @tensorflow/tfjs-node-gpu is not installed',
      });
    });
  });

  it('loads the module', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    const loaded = loadNative(find(here));
    expect(loaded).toMatchObject({ installation: { directory }, module: { version: {} } });
  });

  it('gives the reason where the binding does not load', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    writeFileSync(join(directory, 'lib/napi-v8/tfjs_binding.node'), 'BINDING');
    expect(loadNative(find(here))).toMatchObject({
      reason: expect.stringContaining('does not load: not a binding'),
      fix: 'Run `ssl-scene native install --force`.',
    });
  });
});

describe('nativeStatus', () => {
  it('before: what is missing and how to get it', async () => {
    const here = site();
    const status = await nativeStatus(find(here));
    expect(status).toMatchObject({ usable: false, installations: [], cacheDirectory: here.cacheDirectory });
    expect(status.requirements.map(({ name }) => name)).toEqual(['package', 'pip', 'compiler']);
    expect(status.requirements[0]!.found).toContain('4.22.0');
  });

  it('after: what is installed, tested on request', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    const status = await nativeStatus({ ...find(here), verify: true });
    expect(status).toMatchObject({
      usable: true,
      tested: { tensorflowVersion: '9.9.9', usesGpu: false },
      installations: [{ directory, damage: undefined }],
    });
  });

  it('finds changed contents of the same size when asked to verify', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    const library = join(directory, 'deps/lib/libtensorflow_framework.so.2');
    writeFileSync(library, readFileSync(library, 'utf8').toUpperCase());
    expect(await nativeStatus(find(here))).toMatchObject({ usable: true });
    expect(await nativeStatus({ ...find(here), verify: true })).toMatchObject({
      usable: false,
      native: { reason: expect.stringContaining('libtensorflow_framework.so.2 has other contents') },
    });
  });
});

describe('removeNative', () => {
  it('removes links and installations, and leaves other files of the folder alone', async () => {
    const here = site();
    const { directory } = await installNative(here.options);
    writeFileSync(join(here.cacheDirectory, 'notes.txt'), 'mine');
    const { removed, bytes } = removeNative(find(here));
    expect(removed).toEqual(expect.arrayContaining([directory, join(here.tfjs, 'lib'), join(here.tfjs, 'deps')]));
    expect(bytes).toBeGreaterThan(12_000);
    expect(readdirSync(here.cacheDirectory)).toEqual(['notes.txt']);
    expect(existsSync(join(here.tfjs, 'package.json'))).toBe(true);
    expect(removeNative(find(here))).toEqual({ removed: [], bytes: 0 });
  });
});
