import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type FetchNotice,
  type FetchProgress,
  fetchDataset,
  findDataset,
  openDataset,
  PUBLIC_DATASETS,
  type PublicDataset,
  type PublicFile,
} from '@ssl-scene/datasets';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unpackArchive } from '../src/unpack-archive.ts';
import { fixtureBytes } from './fixtures.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers by path; gives its address and the requests it saw. */
async function serve(answers: Readonly<Record<string, Answer>>): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = answers[request.url ?? ''];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends a file, from where the client asks on. */
const sends =
  (bytes: Uint8Array): Answer =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(start));
  };

/** Breaks the connection after some bytes, as often as told, then sends the file. */
const breaks = (bytes: Uint8Array, after: number, times: number): Answer => {
  let left = times;
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (left-- <= 0) return sends(bytes)(request, response);
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': bytes.length - start, ...(start > 0 ? range : {}) });
    response.write(bytes.subarray(start, start + after), () => setTimeout(() => response.destroy(), 100));
  };
};

const ARCHIVE = fixtureBytes('gnu.tar');

function publicFile(urls: string[], bytes: Uint8Array, archive: PublicFile['archive'] = 'tar'): PublicFile {
  const value = createHash('sha256').update(bytes).digest('hex');
  const fileName = urls[0]!.slice(urls[0]!.lastIndexOf('/') + 1);
  return { urls, fileName, bytes: bytes.length, digest: { algorithm: 'sha256', value }, archive };
}

const described = (files: PublicFile[], folder = 'train'): PublicDataset => ({
  title: 'Five pictures',
  homepage: 'http://example.org',
  licence: 'CC0',
  files,
  folder,
});

const QUICK = { pause: 1, attempts: 3 };

describe('fetchDataset', () => {
  it('fetches, checks, unpacks, and tells the licence', async () => {
    const { url, requests } = await serve({ '/five.tar': sends(ARCHIVE) });
    const folder = temporaryFolder();
    const notices: FetchNotice[] = [];
    const progress: FetchProgress[] = [];
    const dataset = described([publicFile([`${url}/five.tar`], ARCHIVE)]);
    const fetched = await fetchDataset(dataset, folder, {
      onNotice: (notice) => notices.push(notice),
      onProgress: (step) => progress.push(step),
    });
    expect(fetched).toEqual({ folder: join(folder, 'train'), fetched: ['five.tar'] });
    expect(notices).toEqual([
      { title: 'Five pictures', homepage: 'http://example.org', licence: 'CC0', bytes: ARCHIVE.length },
    ]);
    expect(progress.at(0)).toMatchObject({ stage: 'download', file: 'five.tar', total: ARCHIVE.length });
    expect(progress.at(-1)).toMatchObject({ stage: 'unpack', file: 'five.tar' });
    expect(readFileSync(join(folder, 'LICENCE-NOTICE.txt'), 'utf8')).toMatch(/Five pictures[\s\S]*CC0/);
    expect(readdirSync(folder).sort()).toEqual(['.fetched.json', 'LICENCE-NOTICE.txt', 'train']);
    const opened = await openDataset(findDataset(fetched.folder));
    expect([opened.length, (await opened.pixels(0)).width]).toEqual([4, 8]);
    opened.close?.();
    expect((await fetchDataset(dataset, folder)).fetched).toEqual([]);
    expect(requests.length).toBe(1);
  });

  it('continues a transfer that breaks off, in this call and in a later one', async () => {
    const { url, requests } = await serve({ '/five.tar': breaks(ARCHIVE, 6000, 2) });
    const folder = temporaryFolder();
    const dataset = described([publicFile([`${url}/five.tar`], ARCHIVE)]);
    await expect(fetchDataset(dataset, folder, { ...QUICK, attempts: 1 })).rejects.toThrowError(
      /DOWNLOAD_FAILED.*five\.tar\.part/,
    );
    await fetchDataset(dataset, folder, { ...QUICK, keepArchives: true });
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=[1-9]\d*-$/),
      expect.stringMatching(/^bytes=[1-9]\d*-$/),
    ]);
    expect(Buffer.from(readFileSync(join(folder, 'five.tar'))).equals(ARCHIVE)).toBe(true);
  });

  it('starts anew at servers that cannot continue', async () => {
    let first = true;
    const { url } = await serve({
      '/five.tar': (request, response) => {
        if (!first) return void response.end(ARCHIVE);
        first = false;
        breaks(ARCHIVE, 6000, 1)(request, response);
      },
    });
    const folder = temporaryFolder();
    await fetchDataset(described([publicFile([`${url}/five.tar`], ARCHIVE)]), folder, QUICK);
    expect(existsSync(join(folder, 'train', '000004.png'))).toBe(true);
  });

  it('gives up a transfer that stalls, and goes on at the next address', async () => {
    const { url, requests } = await serve({
      '/five.tar': (_, response) => void response.write(ARCHIVE.subarray(0, 100)),
      '/mirror/five.tar': sends(ARCHIVE),
    });
    const file = publicFile([`${url}/five.tar`, `${url}/mirror/five.tar`], ARCHIVE);
    await fetchDataset(described([file]), temporaryFolder(), { ...QUICK, stallLimit: 1000 });
    expect(requests.map((request) => [request.url, request.headers.range])).toEqual([
      ['/five.tar', undefined],
      ['/mirror/five.tar', 'bytes=100-'],
    ]);
  });

  it('refuses a file that is another than the published one, and does not keep it', async () => {
    const other = Buffer.from(ARCHIVE).fill(1, 5000, 5001);
    const { url } = await serve({
      '/five.tar': sends(other),
      '/long.tar': sends(Buffer.concat([ARCHIVE, ARCHIVE])),
      '/short.tar': sends(ARCHIVE.subarray(0, 500)),
    });
    const folder = temporaryFolder();
    const attempt = (name: string) => fetchDataset(described([publicFile([`${url}/${name}`], ARCHIVE)]), folder, QUICK);
    await expect(attempt('five.tar')).rejects.toThrowError(
      /WRONG_DIGEST.*expected SHA-256 [\da-f]{64}, found [\da-f]{64}/,
    );
    expect(readdirSync(folder)).toEqual(['LICENCE-NOTICE.txt']);
    await expect(attempt('long.tar')).rejects.toThrowError(/WRONG_DIGEST.*a longer file/);
    await expect(attempt('short.tar')).rejects.toThrowError(/DOWNLOAD_FAILED.*broke off after 500|status 416/);
    await expect(attempt('none.tar')).rejects.toThrowError(/DOWNLOAD_FAILED.*status 404/);
  });

  it('joins archives that share folders, and overwrites nothing', async () => {
    const zip = Buffer.from(ZIP, 'base64');
    const { url } = await serve({ '/five.tar': sends(ARCHIVE), '/more.zip': sends(zip) });
    const folder = temporaryFolder();
    const files = [publicFile([`${url}/five.tar`], ARCHIVE), publicFile([`${url}/more.zip`], zip, 'zip')];
    await fetchDataset(described(files), folder);
    expect(readdirSync(join(folder, 'train'))).toContain('extra.txt');
    expect(readdirSync(join(folder, 'train'))).toContain('000000.png');
    const occupied = temporaryFolder({ 'train/extra.txt': 'mine' });
    await expect(fetchDataset(described(files), occupied)).rejects.toThrowError(/WOULD_OVERWRITE.*extra\.txt/);
    expect(readFileSync(join(occupied, 'train', 'extra.txt'), 'utf8')).toBe('mine');
  });

  it('stops when told to, and when the notice is declined', async () => {
    const { url, requests } = await serve({ '/five.tar': (_, response) => void response.write('x') });
    const dataset = described([publicFile([`${url}/five.tar`], ARCHIVE)]);
    const stop = new AbortController();
    const running = fetchDataset(dataset, temporaryFolder(), { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(running).rejects.toThrowError(/abort/i);
    const declined = fetchDataset(dataset, temporaryFolder(), {
      onNotice: () => {
        throw new Error('declined');
      },
    });
    await expect(declined).rejects.toThrowError('declined');
    expect(requests.length).toBe(1);
  });

  it('wants room before it begins', async () => {
    const huge = { ...publicFile(['http://127.0.0.1:9/huge.tar'], ARCHIVE), bytes: 1e18 };
    await expect(fetchDataset(described([huge]), temporaryFolder())).rejects.toThrowError(/NO_SPACE.*about \d+\.\d GB/);
  });

  it('knows public sets by name', async () => {
    await expect(fetchDataset('cifar-10', temporaryFolder())).rejects.toThrowError(
      /UNKNOWN_DATASET.*Did you mean "cifar10"/,
    );
    for (const dataset of Object.values(PUBLIC_DATASETS)) {
      expect(dataset.licence.length).toBeGreaterThan(20);
      for (const { urls, fileName, bytes, digest } of dataset.files) {
        expect(bytes).toBeGreaterThan(1e6);
        expect(digest.value).toMatch(digest.algorithm === 'md5' ? /^[\da-f]{32}$/ : /^[\da-f]{64}$/);
        for (const url of urls) expect(new URL(url).pathname.endsWith(`/${fileName}`)).toBe(true);
      }
    }
  });
});

/** `train/extra.txt` holding `more`, as Python's zipfile writes it. */
const ZIP =
  'UEsDBBQAAAAAAAAAIQB88lKLBAAAAAQAAAAPAAAAdHJhaW4vZXh0cmEudHh0bW9yZVBLAQIUAxQAAAAAAAAAIQB88lKLBAAAAAQAAAAPAAAAAAAAAAAAAACAAQAAAAB0cmFpbi9leHRyYS50eHRQSwUGAAAAAAEAAQA9AAAAMQAAAAAA';

describe('unpackArchive', () => {
  /** A member's header and contents, as ustar. */
  const member = (name: string, type: string, content = ''): Buffer => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\0', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
  };
  const END = Buffer.alloc(1024);
  const unpack = async (bytes: Uint8Array, kind: 'tar' | 'tar.gz' | 'zip' = 'tar', byteLimit = 1e6) => {
    const root = temporaryFolder({ archive: bytes });
    const folder = join(root, 'out');
    const unpacked = await unpackArchive(join(root, 'archive'), kind, folder, { byteLimit });
    return { folder, unpacked };
  };

  it('unpacks compressed archives with long names', async () => {
    const { folder, unpacked } = await unpack(gzipSync(fixtureBytes('pax-long.tar')), 'tar.gz');
    expect(unpacked.files).toBe(14);
    const inner = join(folder, ...Array<string>(8).fill('a-long-folder-name'));
    expect(readFileSync(join(inner, '000004.cls'), 'utf8')).toBe('1');
  });

  it.each([
    ['../up.txt', '0'],
    ['/absolute.txt', '0'],
    ['a/../../up.txt', '0'],
    ['C:/windows.txt', '0'],
    ['a\\..\\b.txt', '0'],
    ['link', '2'],
    ['hard', '1'],
    ['device', '3'],
  ])('refuses a member %s of type %s', async (name, type) => {
    await expect(unpack(Buffer.concat([member('fine.txt', '0', 'x'), member(name, type), END]))).rejects.toThrowError(
      /UNSAFE_ARCHIVE/,
    );
  });

  it('refuses archives that are cut, damaged, or grow without end', async () => {
    const whole = Buffer.concat([member('a.txt', '0', 'content'.repeat(200)), END]);
    await expect(unpack(whole.subarray(0, 900))).rejects.toThrowError(/BROKEN_ARCHIVE.*ends inside a member/);
    await expect(unpack(gzipSync(whole).subarray(0, 60), 'tar.gz')).rejects.toThrowError(/BROKEN_ARCHIVE/);
    await expect(unpack(Buffer.from('no archive at all'), 'zip')).rejects.toThrowError(/BROKEN_ARCHIVE/);
    const bomb = gzipSync(Buffer.concat([member('bomb', '0', '0'.repeat(3_000_000)), END]));
    expect(bomb.length).toBeLessThan(10_000);
    await expect(unpack(bomb, 'tar.gz')).rejects.toThrowError(/UNSAFE_ARCHIVE.*more than 1000000 bytes/);
    const twice = Buffer.concat([member('a.txt', '0', 'x'), member('a.txt', '0', 'y'), END]);
    await expect(unpack(twice)).rejects.toThrowError(/UNSAFE_ARCHIVE.*"a\.txt", a file that is there already/);
  });

  it('leaves an unfinished folder to the next call', async () => {
    const root = temporaryFolder({ 'archive.tar': fixtureBytes('gnu.tar') });
    writeFileSync(join(root, 'out'), 'a file in the way');
    await expect(unpackArchive(join(root, 'archive.tar'), 'tar', join(root, 'out'))).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTDIR|EEXIST/),
    });
  });
});
