import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PictureReport } from '@ssl-scene/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene as runIn } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-data-'));
  mkdirSync(join(folder, 'pictures'));
  writeFileSync(join(folder, 'pictures/a.ppm'), 'P6 2 2 255\nabcdefghijkl');
  writeFileSync(join(folder, 'pictures/b.pgm'), 'P5 2 2 65535\nabcdefgh');
  writeFileSync(join(folder, 'pictures/c.jpg'), 'no picture');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sslScene = (...args: string[]) => runIn(folder, ...args);

describe('ssl-scene data', { timeout: 120_000 }, () => {
  it('checks a folder: what is broken, what decoding does, and a list of what to leave out', () => {
    const { code, output } = sslScene('data', 'check', 'pictures', '--exclude', 'lists/out.txt', '--json');
    expect(code).toBe(1);
    const report = JSON.parse(output) as PictureReport;
    expect(report).toMatchObject({ pictures: 3, broken: [{ id: 'c.jpg', code: 'NOT_AN_IMAGE' }] });
    expect(report.decisions).toMatchObject({ 'grey-to-rgb': 1, 'reduced-to-8-bits': 1, 'turned-upright': 0 });
    expect(readFileSync(join(folder, 'lists/out.txt'), 'utf8')).toContain('c.jpg');

    const table = sslScene('data', 'check', 'pictures');
    expect(table.output).toMatch(/decoding +grey-to-rgb 1, reduced-to-8-bits 1\n/);
    expect(table.output).toMatch(/shorter side +2 to 2, median 2\n/);
    expect(table.errors).toMatch(/checking, 3 of 3 images/);
  });

  it('lists what can be fetched, with sizes, and helps with names', () => {
    const { code, output } = sslScene('data', 'fetch');
    expect(code).toBe(0);
    expect(output).toMatch(/cifar10 .*\d+ MB/);
    const wrong = sslScene('data', 'fetch', 'cifar11');
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringMatching(/cifar10/)]);
  });
});
