import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene } from './command-line.ts';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const browser = BROWSERS.find((name) => spawnSync(name, ['--version']).status === 0);

describe('ssl-scene preview', { timeout: 120_000 }, () => {
  let folder = '';
  let html = '';
  let result: { images: { index: number; crops: unknown[]; box: { x1: number } }[] };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'preview-'));
    const settings = ['data.images=40', 'views.crop={kind: contrastive}', 'backbone.width=4'];
    const options = settings.flatMap((setting) => ['--set', setting]);
    const { code, output, errors } = sslScene(folder, 'preview', 'testbed', ...options, '--images', '0,7', '--json');
    expect([code, errors]).toEqual([0, '']);
    result = JSON.parse(output);
    html = readFileSync(join(folder, 'preview.html'), 'utf8');
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows each image with heat map, box, 16 crops and the views', () => {
    expect(result.images.map(({ index }) => index)).toEqual([0, 7]);
    for (const { crops, box } of result.images) {
      expect(crops).toHaveLength(16);
      expect(box.x1).toBeGreaterThan(0);
    }
    for (const text of ['Image 0: ', 'Image 7: ', 'heat map', '16 crops', 'centres of 1,000 crops', 'view b, draw 5']) {
      expect(html).toContain(text);
    }
  });

  it.skipIf(!browser)('opens in a browser without a complaint (needs chromium)', () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr', '--dump-dom'];
    const { stdout, stderr } = spawnSync(browser!, [...flags, pathToFileURL(join(folder, 'preview.html')).href], {
      encoding: 'utf8',
    });
    expect(stdout.match(/<figure/g)!.length).toBeGreaterThanOrEqual(2 * (5 + 2 * 6));
    expect(stdout).toContain('<svg');
    expect(stderr).not.toMatch(/CONSOLE/);
  });

  it('refuses images that are not there', () => {
    const { code, errors } = sslScene(folder, 'preview', 'testbed', '--set', 'data.images=40', '--images', '3,40');
    expect([code, errors]).toEqual([1, expect.stringMatching(/IMAGE_INDEX.*from 0 to 39, found 40/)]);
  });
});
