import { describe, expect, it } from 'vitest';
import { DEFAULT_VERSION, knownWheel, wheelsFor } from '../src/wheels.ts';

const linux = { version: DEFAULT_VERSION, gpu: false, platform: 'linux', arch: 'x64', glibc: true };

describe('wheelsFor', () => {
  it.each([
    ['linux', 'x64', 'tensorflow-cpu'],
    ['linux', 'arm64', 'tensorflow-cpu-aws'],
    ['darwin', 'arm64', 'tensorflow'],
    ['darwin', 'x64', 'tensorflow'],
  ])('%s on %s: %s alone', (platform, arch, distribution) => {
    const wheels = wheelsFor({ ...linux, platform, arch });
    expect(wheels.map((wheel) => wheel.distribution)).toEqual([distribution]);
  });

  it('CUDA: TensorFlow first, then the libraries that it names', () => {
    const names = wheelsFor({ ...linux, gpu: true }).map((wheel) => wheel.distribution);
    expect(names[0]).toBe('tensorflow');
    expect(names).toContain('nvidia-cudnn-cu12');
    expect(names).toHaveLength(13);
  });

  it('every wheel has a SHA-256, and a file name that states distribution and version', () => {
    for (const wheel of [...wheelsFor(linux), ...wheelsFor({ ...linux, gpu: true })]) {
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(wheel.fileName.startsWith(`${wheel.distribution.replaceAll('-', '_')}-${wheel.version}-`)).toBe(true);
      expect(knownWheel(wheel.fileName)).toBe(wheel);
    }
  });

  it.each([
    ['a platform without wheels', { ...linux, platform: 'win32' }, 'win32-x64'],
    ['a C library other than glibc', { ...linux, glibc: false }, 'linux-x64 with another C library'],
    ['CUDA where there is none', { ...linux, platform: 'darwin', arch: 'arm64', gpu: true }, 'darwin-arm64'],
    ['an unknown version', { ...linux, version: '1.0.0' }, '1.0.0'],
  ])('%s is an error that leads to WebAssembly', (_, request, found) => {
    let error: unknown;
    try {
      wheelsFor(request);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'NATIVE_PLATFORM', found });
    expect((error as Error).message).toContain('SSL_SCENE_BACKEND=wasm');
  });
});
