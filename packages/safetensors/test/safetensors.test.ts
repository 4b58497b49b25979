import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSceneError, type SceneError } from '@ssl-scene/errors';
import {
  encodeSafetensors,
  MAXIMUM_HEADER_BYTES,
  openSafetensors,
  parseSafetensors,
  type StoredTensor,
  safetensorsChunks,
  toFloat32,
  writeSafetensors,
} from '@ssl-scene/safetensors';
import { goldenFile, sharedData } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const example: Record<string, StoredTensor> = {
  'layer.weight': { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 5, 1e-40) },
  counter: { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 63n)) },
  half: { dtype: 'F16', shape: [3], data: Uint16Array.of(0x3c00, 0x7c00, 0x7e00) },
  brain: { dtype: 'BF16', shape: [1, 1], data: Uint16Array.of(0x3f80) },
  double: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
  small: { dtype: 'I8', shape: [3], data: Int8Array.of(-128, 0, 127) },
  byte: { dtype: 'U8', shape: [1], data: Uint8Array.of(255) },
  short: { dtype: 'I16', shape: [2], data: Int16Array.of(-1, 2) },
  unsigned: { dtype: 'U16', shape: [1], data: Uint16Array.of(65535) },
  whole: { dtype: 'I32', shape: [1], data: Int32Array.of(-5) },
  natural: { dtype: 'U32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  large: { dtype: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  flags: { dtype: 'BOOL', shape: [5], data: Uint8Array.of(1, 0, 0, 1, 1) },
  empty: { dtype: 'F32', shape: [0, 7], data: new Float32Array(0) },
  '7': { dtype: 'F32', shape: [1], data: Float32Array.of(7) },
  __proto: { dtype: 'U8', shape: [1], data: Uint8Array.of(1) },
};

function file(header: string | Uint8Array, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isSceneError(error)) return (error as SceneError).code;
    throw error;
  }
  return 'none';
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('round trip', () => {
  it('keeps every type, shape, name and metadata, in memory and through a file', () => {
    const metadata = { format: 'pt', 'quote"': 'a\nb', ü: '漢' };
    const path = join(folder, 'example.safetensors');
    writeSafetensors(path, example, { metadata });
    expect(new Uint8Array(readFileSync(path))).toEqual(encodeSafetensors(example, { metadata }));
    const reader = openSafetensors(path);
    expect(reader.metadata).toEqual(metadata);
    expect(reader.readAll()).toEqual(example);
    reader.close();
    expect(parseSafetensors(readFileSync(path)).readAll()).toEqual(example);
  });

  it('does not depend on the order of insertion', () => {
    const reversed = Object.fromEntries(Object.entries(example).reverse());
    expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(example));
  });

  it('aligns every tensor to its element', () => {
    const reader = parseSafetensors(encodeSafetensors(example));
    for (const [name, { byteOffset }] of reader.tensors) {
      expect(byteOffset % example[name]!.data.BYTES_PER_ELEMENT, name).toBe(0);
    }
  });

  it('writes the memory of the tensors themselves, views included', () => {
    const buffer = new Float32Array(100);
    const view = buffer.subarray(10, 13).fill(3);
    const chunks = safetensorsChunks({ view: { dtype: 'F32', shape: [3], data: view } });
    expect(chunks[1]!.buffer).toBe(buffer.buffer);
    expect([
      ...parseSafetensors(encodeSafetensors({ view: { dtype: 'F32', shape: [3], data: view } })).read('view').data,
    ]) //
      .toEqual([3, 3, 3]);
  });

  it('reads tensors that are not aligned, from a view into a larger buffer', () => {
    const header =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}';
    const bytes = file(header, Uint8Array.of(9, ...new Uint8Array(Float32Array.of(2.5).buffer)));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...parseSafetensors(shifted.subarray(3)).read('b').data]).toEqual([2.5]);
  });

  it('gives memory of its own', () => {
    const bytes = encodeSafetensors(example);
    const reader = parseSafetensors(bytes);
    (reader.read('byte').data as Uint8Array)[0] = 1;
    expect([...reader.read('byte').data]).toEqual([255]);
  });

  it('keeps drawn tensors', () => {
    const tensor = fc
      .float32Array({ maxLength: 20 })
      .map((data): StoredTensor => ({ dtype: 'F32', shape: [data.length], data }));
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    fc.assert(
      fc.property(fc.dictionary(names, tensor, { noNullPrototype: true }), (tensors) => {
        const back = parseSafetensors(encodeSafetensors(tensors)).readAll();
        expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { data }] of Object.entries(tensors)) expect(back[name]!.data).toEqual(data);
      }),
    );
  });
});

describe('what a reader refuses', () => {
  const one = (fields: string): string => `{"a":{${fields}}}`;
  const valid = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
  const cases: readonly [string, string, Uint8Array][] = [
    ['nothing', 'TRUNCATED', new Uint8Array(0)],
    ['seven bytes', 'TRUNCATED', new Uint8Array(7)],
    ['an empty header', 'HEADER', new Uint8Array(8)],
    ['a header longer than the file', 'TRUNCATED', file('{}', 0, 3n)],
    ['a header above the limit', 'HEADER_TOO_LARGE', file('{}', 0, BigInt(MAXIMUM_HEADER_BYTES + 1))],
    ['a header of 2^64 - 1 bytes', 'HEADER_TOO_LARGE', file('{}', 0, 2n ** 64n - 1n)],
    ['a list', 'HEADER', file('[1]')],
    ['a byte order mark', 'HEADER', file('\uFEFF{}')],
    ['broken JSON', 'HEADER', file('{"a":')],
    ['text after the object', 'HEADER', file('{} {}')],
    ['bytes that are no UTF-8', 'HEADER', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))],
    ['deep nesting', 'HEADER', file(`{"a":${'['.repeat(1e6)}`)],
    ['a name twice', 'DUPLICATE', file(`{"a":{${valid}},"a":{${valid}}}`, 8)],
    ['a name twice, once escaped', 'DUPLICATE', file(`{"a":{${valid}},"\\u0061" :{${valid}}}`, 8)],
    ['a field twice', 'DUPLICATE', file(one(`"shape":[1],${valid}`), 8)],
    ['metadata twice', 'DUPLICATE', file('{"__metadata__":{},"__metadata__":{}}')],
    ['metadata that is no string', 'METADATA', file('{"__metadata__":{"a":1}}')],
    ['metadata in a list', 'METADATA', file('{"__metadata__":["a"]}')],
    ['a tensor that is no object', 'HEADER', file('{"a":1}')],
    ['a tensor that is null', 'HEADER', file('{"a":null}')],
    ['an unknown type', 'DTYPE', file(one('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), 8)],
    ['an inherited name as type', 'DTYPE', file(one('"dtype":"toString","shape":[2],"data_offsets":[0,8]'), 8)],
    ['a missing type', 'DTYPE', file(one('"shape":[2],"data_offsets":[0,8]'), 8)],
    ['a negative length', 'SHAPE', file(one('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8)],
    ['a broken length', 'SHAPE', file(one('"dtype":"F32","shape":[2.5],"data_offsets":[0,8]'), 8)],
    ['a shape that is no list', 'SHAPE', file(one('"dtype":"F32","shape":2,"data_offsets":[0,8]'), 8)],
    [
      'a shape beyond counting',
      'SHAPE',
      file(one('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]')),
    ],
    ['bytes that do not fit the shape', 'OFFSETS', file(one('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8)],
    ['offsets the wrong way round', 'OFFSETS', file(one('"dtype":"F32","shape":[0],"data_offsets":[8,0]'), 8)],
    ['negative offsets', 'OFFSETS', file(one('"dtype":"F32","shape":[2],"data_offsets":[-8,0]'), 8)],
    ['three offsets', 'OFFSETS', file(one('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8)],
    ['a gap at the start', 'LAYOUT', file(one('"dtype":"F32","shape":[2],"data_offsets":[4,12]'), 12)],
    ['an overlap', 'LAYOUT', file(`{"a":{${valid}},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12)],
    ['bytes left over', 'LAYOUT', file(one(valid), 9)],
    ['bytes missing', 'TRUNCATED', file(one(valid), 7)],
    [
      'a tensor of a terabyte',
      'TRUNCATED',
      file(one('"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]')),
    ],
  ];
  it.each(cases)('%s', (_name, code, bytes) => {
    expect(codeOf(() => parseSafetensors(bytes))).toBe(`SAFETENSORS_${code}`);
    const path = join(folder, 'bad.safetensors');
    writeFileSync(path, bytes);
    expect(codeOf(() => openSafetensors(path))).toBe(`SAFETENSORS_${code}`);
  });

  it('accepts what the format allows: padding, metadata null, unknown fields, an empty file of tensors', () => {
    expect(parseSafetensors(file('{}')).tensors.size).toBe(0);
    const header = `{ "__metadata__" : null, "a": {${valid}, "note": {"x": [{"y": 1}, {"y": 2}]}} }   `;
    expect([...parseSafetensors(file(header, 8)).read('a').data]).toEqual([0, 0]);
  });

  it('suggests the name that was meant', () => {
    const reader = parseSafetensors(encodeSafetensors(example));
    expect(() => reader.read('layer.weigth')).toThrow(/Did you mean "layer.weight"/);
  });

  it('names a file that is not there', () => {
    expect(() => openSafetensors(join(folder, 'none'))).toThrow(/SAFETENSORS_OPEN.*none/);
  });

  it('says so when a file is cut after it was opened, or closed', () => {
    const path = join(folder, 'cut.safetensors');
    writeSafetensors(path, example);
    const reader = openSafetensors(path);
    truncateSync(path, 1000);
    expect(codeOf(() => reader.readAll())).toBe('SAFETENSORS_TRUNCATED');
    reader.close();
    reader.close();
    expect(codeOf(() => reader.read('byte'))).toBe('SAFETENSORS_CLOSED');
  });

  it('C08: refuses every shorter piece of a file', () => {
    const bytes = encodeSafetensors(example);
    for (let length = 0; length < bytes.length; length++) {
      const code = codeOf(() => parseSafetensors(bytes.subarray(0, length)));
      if (!code.startsWith('SAFETENSORS_')) expect(code, `first ${length} bytes`).toBe('an error');
    }
  });
});

describe('mutated files', () => {
  const original = encodeSafetensors(example, { metadata: { format: 'pt' } });
  const headerBytes = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
  const edit = fc.record({
    at: fc.nat(headerBytes - 1),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom('9', '99999999999', '-', '"', '{', '}', '[', ']', ',', ':', 'null', '1e9', 'F64')
        .map((text) => new TextEncoder().encode(text)),
    ),
  });

  it('give an error of the family or tensors that lie inside the file, never anything else', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), (edits, repairLength) => {
        let bytes: number[] = [...original];
        for (const { at, remove, insert } of edits) bytes.splice(at, remove, ...insert);
        if (repairLength) {
          const header = bytes.slice(8, headerBytes + bytes.length - original.length);
          bytes = [...file(Uint8Array.from(header), Uint8Array.from(bytes.slice(8 + header.length)))];
        }
        const mutated = Uint8Array.from(bytes);
        try {
          const reader = parseSafetensors(mutated);
          for (const { byteOffset, byteLength } of reader.tensors.values()) {
            expect(byteOffset + byteLength).toBeLessThanOrEqual(mutated.length);
          }
          reader.readAll();
        } catch (error) {
          if (!isSceneError(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a header with a very long string in it', () => {
    const metadata = { long: '"\\'.repeat(2e6) };
    expect(parseSafetensors(encodeSafetensors({}, { metadata })).metadata).toEqual(metadata);
  });
});

describe('what the writer refuses', () => {
  const write = (tensor: unknown): string => codeOf(() => encodeSafetensors({ a: tensor as StoredTensor }));

  it('types, arrays and shapes that do not fit', () => {
    expect(write({ dtype: 'F8', shape: [1], data: new Float32Array(1) })).toBe('SAFETENSORS_DTYPE');
    expect(write({ dtype: 'F16', shape: [1], data: new Float32Array(1) })).toBe('SAFETENSORS_ARRAY');
    expect(write({ dtype: 'F32', shape: [1], data: undefined })).toBe('SAFETENSORS_ARRAY');
    expect(write({ dtype: 'F32', shape: [2], data: new Float32Array(1) })).toBe('SAFETENSORS_SHAPE');
    expect(write({ dtype: 'F32', shape: [-1, -1], data: new Float32Array(1) })).toBe('SAFETENSORS_SHAPE');
  });

  it('the reserved name and metadata that is no string', () => {
    expect(codeOf(() => encodeSafetensors({ __metadata__: example.byte! }))).toBe('SAFETENSORS_NAME');
    const metadata = { epoch: 3 } as unknown as Record<string, string>;
    expect(codeOf(() => encodeSafetensors({}, { metadata }))).toBe('SAFETENSORS_METADATA');
  });
});

const reference = goldenFile('backbones/resnet18-w6.weights.safetensors');
describe.skipIf(!reference)('files of the reference library (needs shared/golden)', () => {
  it('are read and written again byte for byte', () => {
    const bytes = new Uint8Array(readFileSync(reference!));
    const reader = parseSafetensors(bytes);
    const again = encodeSafetensors(reader.readAll(), { metadata: reader.metadata });
    expect(Buffer.compare(again, bytes)).toBe(0);
  });
});

const features = sharedData('models/cifar10_resnet20_features.safetensors');
describe.skipIf(!features)('stored half-precision features (needs shared/data)', () => {
  it('have 64 finite numbers per image', () => {
    const reader = openSafetensors(features!);
    for (const [name, { dtype, shape }] of reader.tensors) {
      const tensor = reader.read(name);
      expect(tensor.data.length).toBe(shape.reduce((product, length) => product * length, 1));
      if (dtype !== 'F16') continue;
      expect(shape[1]).toBe(64);
      expect(toFloat32(tensor).every(Number.isFinite)).toBe(true);
    }
    reader.close();
  });
});
