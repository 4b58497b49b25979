import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchWheel } from '../src/download.ts';
import { addressIn, findPip, type Pip } from '../src/python.ts';
import type { Wheel } from '../src/wheels.ts';
import { type FakePip, fakePython, program } from './fake-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CONTENTS = 'wheel '.repeat(10_000);

const wheel: Wheel = {
  distribution: 'tensorflow-cpu',
  version: '2.15.1',
  platformTag: 'manylinux_2_17_x86_64',
  fileName: 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.whl',
  sha256: createHash('sha256').update(CONTENTS).digest('hex'),
  size: CONTENTS.length,
};

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/${wheel.fileName}`;
}

/** Serves the wheel, honouring ranges, and notes them. */
const ranged =
  (ranges: (string | undefined)[], contents = CONTENTS): RequestListener =>
  (request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const start = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(range === undefined ? 200 : 206);
    response.end(contents.slice(start));
  };

async function fakePip(folder: string, options: FakePip): Promise<Pip> {
  return await findPip(fakePython(folder, options));
}

describe('fetchWheel', () => {
  it('takes the file from the address that pip names, and reports progress', async () => {
    const folder = temporaryFolder();
    const ranges: (string | undefined)[] = [];
    const address = await serve(ranged(ranges));
    const pip = await fakePip(folder, { links: ['http://127.0.0.1:1/other.whl', `${address}#sha256=${wheel.sha256}`] });
    const shares: number[] = [];
    const directory = join(folder, 'wheels');
    const onProgress = ({ completed, total }: { completed?: number; total?: number }): void => {
      shares.push(completed! / total!);
    };
    const path = await fetchWheel({ wheel, directory, pip, onProgress });

    expect(readFileSync(path, 'utf8')).toBe(CONTENTS);
    expect(ranges).toEqual([undefined]);
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBe(1);
    expect(readdirSync(directory)).toEqual([wheel.fileName]);
  });

  it('continues a partial file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, `${wheel.fileName}.part`), CONTENTS.slice(0, 12_345));
    const ranges: (string | undefined)[] = [];
    const pip = await fakePip(folder, { links: [await serve(ranged(ranges))] });
    const path = await fetchWheel({ wheel, directory: folder, pip });
    expect(readFileSync(path, 'utf8')).toBe(CONTENTS);
    expect(ranges).toEqual(['bytes=12345-']);
  });

  it('keeps the partial file of an interrupted download and continues it next time', async () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    const slow = await serve((_, response) => {
      response.write(CONTENTS.slice(0, 20_000));
    });
    const interrupted = fetchWheel({
      wheel,
      directory: folder,
      pip: await fakePip(folder, { links: [slow] }),
      signal: stop.signal,
      onProgress: ({ completed = 0 }) => {
        if (completed > 0) setTimeout(() => stop.abort(), 50);
      },
    });
    await expect(interrupted).rejects.toMatchObject({ name: 'AbortError' });
    expect(readFileSync(join(folder, `${wheel.fileName}.part`), 'utf8')).toBe(CONTENTS.slice(0, 20_000));

    const ranges: (string | undefined)[] = [];
    const pip = await fakePip(folder, { links: [await serve(ranged(ranges))] });
    expect(readFileSync(await fetchWheel({ wheel, directory: folder, pip }), 'utf8')).toBe(CONTENTS);
    expect(ranges).toEqual(['bytes=20000-']);
  });

  it('uses a whole file that is there, without network and without pip', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, wheel.fileName), CONTENTS);
    const pip: Pip = { command: [join(folder, 'absent')], version: '0' };
    expect(await fetchWheel({ wheel, directory: folder, pip })).toBe(join(folder, wheel.fileName));
  });

  it('fetches a damaged file again', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, wheel.fileName), `${CONTENTS.slice(1)}x`);
    const pip = await fakePip(folder, { links: [await serve(ranged([]))] });
    expect(readFileSync(await fetchWheel({ wheel, directory: folder, pip }), 'utf8')).toBe(CONTENTS);
  });

  it.each([
    ['names no address', undefined],
    [
      'names an address that refuses',
      (_: unknown, response: { writeHead(status: number): { end(): void } }) => response.writeHead(403).end(),
    ],
    ['names an address with other contents', ranged([], 'something else')],
  ])('lets pip fetch the file, with the hash, where it %s', async (_, listener) => {
    const folder = temporaryFolder();
    const log = join(folder, 'log');
    const links = listener === undefined ? [] : [await serve(listener as RequestListener)];
    const pip = await fakePip(folder, { links, file: { name: wheel.fileName, contents: CONTENTS }, log });
    expect(readFileSync(await fetchWheel({ wheel, directory: folder, pip }), 'utf8')).toBe(CONTENTS);
    const lastCall = readFileSync(log, 'utf8').trim().split('\n').at(-1)!;
    expect(JSON.parse(lastCall)).toEqual(expect.arrayContaining(['download', '--require-hashes', '--no-deps']));
  });

  it('refuses what pip brings where its hash is wrong', async () => {
    const folder = temporaryFolder();
    const pip = await fakePip(folder, { file: { name: wheel.fileName, contents: 'tampered' } });
    await expect(fetchWheel({ wheel, directory: folder, pip })).rejects.toMatchObject({
      code: 'NATIVE_HASH',
      where: join(folder, wheel.fileName),
    });
  });

  it('T07: without network the error holds pip’s own words and what to do', async () => {
    const folder = temporaryFolder();
    const pip = await fakePip(folder, {});
    await expect(fetchWheel({ wheel, directory: folder, pip })).rejects.toMatchObject({
      code: 'NATIVE_DOWNLOAD',
      found: 'No matching distribution found for the wheel',
      fix: expect.stringContaining('--from'),
    });
    expect(existsSync(join(folder, `${wheel.fileName}.part`))).toBe(false);
  });
});

describe('fetchWheel, unreachable index', () => {
  it('T07: names the broken connection, not the missing version that pip makes of it', async () => {
    const folder = temporaryFolder();
    const python = program(
      join(folder, 'python'),
      `if (process.argv.includes('--version')) console.log('pip 99.0 from nowhere');
       else {
         console.error("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(refused)'");
         console.error('ERROR: Could not find a version that satisfies the requirement');
         process.exitCode = 1;
       }`,
    );
    await expect(fetchWheel({ wheel, directory: folder, pip: await findPip(python) })).rejects.toMatchObject({
      code: 'NATIVE_DOWNLOAD',
      found: 'no connection to the package index (NewConnectionError)',
    });
  });
});

describe('addressIn', () => {
  it('waits until the address is whole', () => {
    const output = 'Found link http://host/a/b.whl';
    expect(addressIn(output, 'b.whl')).toBeUndefined();
    expect(addressIn(`${output}#sha256=00 (from index)`, 'b.whl')).toBe('http://host/a/b.whl');
  });
});

describe('findPip', () => {
  it('T07: says what was tried and how to install Python', async () => {
    const absent = join(temporaryFolder(), 'python');
    await expect(findPip(absent)).rejects.toMatchObject({
      code: 'NATIVE_NO_PYTHON',
      found: `none (tried ${absent} -m pip)`,
      fix: expect.stringContaining('python3-pip'),
    });
  });
});
