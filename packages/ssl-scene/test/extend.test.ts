import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extend, readConfigFile } from 'ssl-scene';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('extend', () => {
  it('joins sections and replaces values and lists', () => {
    const base = { a: 1, list: [1, 2], inner: { x: 1, y: 2 } };
    expect(extend(base, { list: [3], inner: { y: 5, z: 6 }, b: 2 })).toEqual({
      a: 1,
      b: 2,
      list: [3],
      inner: { x: 1, y: 5, z: 6 },
    });
    expect(base).toEqual({ a: 1, list: [1, 2], inner: { x: 1, y: 2 } });
  });

  it('replaces a section of another kind as a whole', () => {
    const base = { crop: { kind: 'random-resized', scale: [0.2, 1] } };
    expect(extend(base, { crop: { kind: 'boxes' } })).toEqual({ crop: { kind: 'boxes' } });
    expect(extend(base, { crop: { kind: 'random-resized', ratio: [1, 1] } })).toEqual({
      crop: { kind: 'random-resized', scale: [0.2, 1], ratio: [1, 1] },
    });
  });
});

describe('files that extend others', () => {
  let folder = '';
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'extend-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes a preset, or a file beside it', () => {
    const first = write('first.yaml', 'extends: simclr-cifar10\ntraining: { epochs: 3 }\n');
    expect(readConfigFile(first)).toMatchObject({ data: { kind: 'cifar10' }, training: { epochs: 3, batchSize: 256 } });
    const second = write('second.yaml', 'extends: first.yaml\ntraining: { batchSize: 8 }\n');
    expect(readConfigFile(second)).toMatchObject({ training: { epochs: 3, batchSize: 8 } });
    expect(readConfigFile(second)).not.toHaveProperty('extends');
  });

  it('refuses circles and names what is missing', () => {
    const circle = write('circle.yaml', 'extends: circle.yaml\n');
    expect(() => readConfigFile(circle)).toThrow(/CONFIG_CIRCLE/);
    const lost = write('lost.yaml', 'extends: simclr-cifar\n');
    expect(() => readConfigFile(lost)).toThrow(/UNKNOWN_PRESET.*simclr-cifar10/);
  });
});
