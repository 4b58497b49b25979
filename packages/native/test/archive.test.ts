import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpack } from '../src/archive.ts';
import { headerFiles, libraryFiles, mainWheelFiles } from '../src/library-layout.ts';
import { sha256Of } from '../src/manifest.ts';
import { WHEEL_MEMBERS } from './fake-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { zip } from './zip-writer.ts';

describe('unpack', () => {
  it('writes the selected members alone, with their sizes and hashes', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.whl'), zip(WHEEL_MEMBERS));
    const progress: number[] = [];
    const records = await unpack(join(folder, 'a.whl'), join(folder, 'out'), mainWheelFiles, {
      onBytes: (completed, total) => progress.push(completed / total),
    });

    expect(Object.keys(records).sort()).toEqual([
      'deps/lib/libtensorflow_cc.so.2',
      'deps/lib/libtensorflow_framework.so.2',
      'include/tensorflow/c/c_api.h',
    ]);
    const library = join(folder, 'out/deps/lib/libtensorflow_cc.so.2');
    expect(readFileSync(library, 'utf8')).toBe(WHEEL_MEMBERS['tensorflow/libtensorflow_cc.so.2']);
    expect(records['deps/lib/libtensorflow_cc.so.2']).toEqual({ size: 12_000, sha256: await sha256Of(library) });
    expect(readdirSync(join(folder, 'out/include/tensorflow'))).toEqual(['c']);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it('names a file that is no archive', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.whl'), 'not a zip archive, but long enough to hold an end record');
    await expect(unpack(join(folder, 'a.whl'), folder, mainWheelFiles)).rejects.toMatchObject({
      code: 'NATIVE_WHEEL',
      where: join(folder, 'a.whl'),
    });
  });

  it('names an archive that was cut short', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.whl');
    writeFileSync(path, zip(WHEEL_MEMBERS));
    truncateSync(path, 200);
    await expect(unpack(path, folder, mainWheelFiles)).rejects.toMatchObject({ code: 'NATIVE_WHEEL' });
  });

  it('names an archive that holds none of the wanted files', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.whl'), zip({ 'numpy/core.py': '' }));
    await expect(unpack(join(folder, 'a.whl'), folder, mainWheelFiles)).rejects.toMatchObject({
      code: 'NATIVE_WHEEL',
      found: 'none of the wanted files',
    });
  });

  it('refuses members that would leave the folder', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.whl'), zip({ 'tensorflow/../../escaped': 'x' }));
    await expect(unpack(join(folder, 'a.whl'), join(folder, 'out'), (name) => name)).rejects.toMatchObject({
      code: 'NATIVE_WHEEL',
    });
  });
});

describe('what is taken from a wheel', () => {
  it.each([
    ['tensorflow/libtensorflow_cc.so.2', 'deps/lib/libtensorflow_cc.so.2'],
    ['tensorflow/libtensorflow_framework.2.dylib', 'deps/lib/libtensorflow_framework.2.dylib'],
    ['tensorflow_cpu_aws.libs/libomp-54bf90fd.so.5', 'deps/tensorflow_cpu_aws.libs/libomp-54bf90fd.so.5'],
    ['nvidia/cublas/lib/libcublas.so.12', 'deps/nvidia/cublas/lib/libcublas.so.12'],
    ['nvidia/cublas/include/cublas.h', undefined],
    ['tensorflow/python/_pywrap_tensorflow_internal.so', undefined],
  ])('libraries: %s', (member, path) => {
    expect(libraryFiles(member)).toBe(path);
  });

  it.each([
    ['tensorflow/include/tensorflow/c/eager/c_api.h', 'include/tensorflow/c/eager/c_api.h'],
    [
      'tensorflow/include/tensorflow/core/platform/ctstring_internal.h',
      'include/tensorflow/core/platform/ctstring_internal.h',
    ],
    ['tensorflow/include/tsl/platform/ctstring.h', 'include/tsl/platform/ctstring.h'],
    ['tensorflow/include/tensorflow/core/framework/op.h', undefined],
    ['tensorflow/include/Eigen/Core', undefined],
  ])('headers: %s', (member, path) => {
    expect(headerFiles(member)).toBe(path);
  });
});
