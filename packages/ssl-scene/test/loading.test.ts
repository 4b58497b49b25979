import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '@ssl-scene/random';
import sharp from 'sharp';
import { findRunData, override, parseConfig, readConfigFile } from 'ssl-scene';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packedFor } from '../src/packed-file.ts';
import { sslScene as runIn } from './command-line.ts';

let folder = '';
let cache = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-loading-'));
  cache = join(folder, 'cache');
  process.env.SSL_SCENE_CACHE = cache;
  await makePhotos(40);
});
afterAll(() => {
  delete process.env.SSL_SCENE_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

const sslScene = (...args: string[]) => runIn(folder, ...args);

/** Photos of two classes, every twentieth of which is broken, each time in another way. */
async function makePhotos(count: number): Promise<void> {
  const random = randomStream(3, 'photos');
  for (let i = 0; i < count; i++) {
    const [width, height] = [40 + (i % 7), 30 + (i % 5)];
    const pixels = Buffer.alloc(width * height * 3, 0).map(() => random.integer(0, 256));
    const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    const path = join(folder, 'photos', i % 2 === 0 ? 'cat' : 'dog', `${String(i).padStart(2, '0')}.jpg`);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, i === 7 ? file.subarray(0, file.length >> 1) : i === 28 ? 'no picture' : file);
  }
}

const CONFIG = `
extends: simclr-cifar10
data: { kind: image-folder, root: photos }
loading: { shortSide: 32 }
backbone: { width: 4 }
views: { size: 16 }
training: { epochs: 2, batchSize: 10, workers: 1, checkpointEvery: 2 }
evaluation: { everyEpochs: 1, neighbours: 5 }
`;
const BROKEN = ['cat/28.jpg', 'dog/07.jpg'];

interface Result {
  readonly badImages: readonly { readonly id: string }[];
  readonly checkpoint: string;
  readonly evaluation: Readonly<Record<string, number>>;
  readonly decisions: Readonly<Record<string, number>>;
}

function pretrain(out: string, ...args: string[]): { code: number | null; errors: string; result: Result } {
  const { code, errors, output } = sslScene('pretrain', 'config.yaml', '--out', out, '--json', ...args);
  return { code, errors, result: (output === '' ? {} : JSON.parse(output)) as Result };
}

/** The learned values of a run's last checkpoint. */
function learned({ checkpoint }: Result): Record<string, Buffer> {
  const path = join(folder, checkpoint);
  const files = readdirSync(path).filter((name) => name.endsWith('.safetensors'));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(path, name))]));
}

describe('pictures on disk through the command line', { timeout: 600_000 }, () => {
  let plain: Result;
  beforeAll(() => writeFileSync(join(folder, 'config.yaml'), CONFIG));

  it('D11: trains to the end with broken files, and lists exactly those', () => {
    const { code, errors, result } = pretrain('plain');
    expect(errors).not.toMatch(/Error:/);
    expect(code).toBe(0);
    plain = result;
    expect(result.badImages.map(({ id }) => id).sort()).toEqual(BROKEN);
    const list = readFileSync(join(folder, 'plain/bad-images.txt'), 'utf8').split('\n');
    expect(list.filter((line) => line !== '' && !line.startsWith('#')).sort()).toEqual(BROKEN);
    expect(errors).toMatch(/listed in .*bad-images\.txt/);
    expect(errors).toMatch(/pictures are decoded .*--pack auto does so once/);
  });

  it('learns the same from a packed file, which is made once and noticed when it is out of date', async () => {
    const packed = pretrain('packed', '--pack', 'auto');
    expect(packed.code).toBe(0);
    expect(packed.errors).toMatch(/packed file .*photos-.*\.pack made: 40 images, 2 of which could not be read/);
    expect(learned(packed.result)).toEqual(learned(plain));
    expect(packed.result.evaluation).toEqual(plain.evaluation);
    expect(packed.result.badImages.map(({ id }) => id).sort()).toEqual(BROKEN);
    const said: string[] = [];
    const listener = { log: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
    const config = parseConfig(override(readConfigFile(join(folder, 'config.yaml')), 'loading.pack=auto'), 'test');
    const { train } = await findRunData(config, join(folder, 'photos'));
    const packAgain = () => packedFor(config, train, { nativeLibrary: undefined, mayPack: true, listener });
    await packAgain();
    expect(said.pop()).toMatch(/photos-.*\.pack was there/);

    utimesSync(join(folder, 'photos/cat/00.jpg'), 1e9, 1e9);
    const stale = sslScene('pack', 'packed');
    expect([stale.code, stale.errors]).toEqual([1, expect.stringMatching(/PACKED_FILE_STALE/)]);
    await packAgain();
    expect(said.pop()).toMatch(/made again, since pictures were changed/);
  });

  it('packs into a file that is named, by the size of the configuration, and tells what decoding did', () => {
    const out = join(folder, 'small.pack');
    const { code, output, errors } = sslScene(
      ...['pack', 'config.yaml', '--out', 'small.pack', '--set', 'loading.shortSide=20', '--workers', '1', '--json'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      file: out,
      images: 40,
      wasThere: false,
      decisions: { 'cmyk-to-rgb': 0 },
    });
    expect(errors).toMatch(/dog\/07\.jpg/);
    const other = pretrain('other', '--pack', 'small.pack');
    expect([other.code, other.errors]).toEqual([1, expect.stringMatching(/PACKED_FILE_DIFFERS.*shortSide 20/)]);
    expect(existsSync(join(folder, 'other'))).toBe(false);
    const replaced = sslScene('pack', 'config.yaml', '--out', 'small.pack', '--replace', '--json');
    expect(JSON.parse(replaced.output)).toMatchObject({ file: out, images: 40, wasThere: false });
  });

  it('leaves out what a list names, and stops at a broken file where that is wanted', () => {
    const clean = pretrain(
      ...['clean', '--pack', 'auto', '--set', 'training.epochs=1'],
      ...['--set', 'data.excludeLists=[plain/bad-images.txt]'],
    );
    expect(clean.errors).toMatch(/pictures are read as they are: there is one epoch/);
    expect([clean.code, clean.result.badImages]).toEqual([0, []]);
    const strict = pretrain('strict', '--set', 'loading.onBadImage=throw');
    expect([strict.code, strict.errors]).toEqual([1, expect.stringMatching(/BAD_IMAGE.*(cat\/28|dog\/07)\.jpg/)]);
  });
});

describe('the section loading', () => {
  it('has defaults that leave views as they are', () => {
    const { loading } = parseConfig(readConfigFile('simclr-cifar10'), 'simclr-cifar10');
    expect(loading).toEqual({ jpeg: 'auto', pack: 'off', onBadImage: 'skip', imageTimeLimit: 60 });
  });

  it.each(['jpeg=gpu', 'shortSide=0', 'onBadImage=blank', 'imageTimeLimit=0', 'pack=""'])(
    'refuses %s',
    (assignment) => {
      const config = override(readConfigFile('simclr-cifar10'), `loading.${assignment}`);
      const name = assignment.split('=')[0];
      expect(() => parseConfig(config, '--set')).toThrowError(new RegExp(`CONFIG_VALUE.*loading\\.${name}`));
    },
  );

  it('packs nothing that needs no decoding', async () => {
    const file = join(folder, 'batch.bin');
    writeFileSync(file, Buffer.alloc(2 * 3073));
    const said: string[] = [];
    const listener = { log: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
    const config = parseConfig(override(readConfigFile('simclr-cifar10'), 'loading.pack=auto'), 'test');
    const options = { nativeLibrary: undefined, mayPack: true, listener };
    expect(await packedFor(config, { kind: 'cifar10', files: [file] }, options)).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(/those of .* need no decoding/)]);
  });
});
