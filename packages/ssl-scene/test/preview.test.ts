import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene } from './command-line.ts';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const MASKS = 'masking={kind: patches, saliency: {kind: object-masks}}';
const browser = BROWSERS.find((name) => spawnSync(name, ['--version']).status === 0);

describe('ssl-scene preview', { timeout: 120_000 }, () => {
  let folder = '';
  let html = '';
  let result: {
    images: {
      index: number;
      crops: unknown[];
      box: { x1: number };
      masks: { epoch: number; hidden: { mask: string; share: number }[] }[];
    }[];
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'preview-'));
    const settings = ['data.images=40', 'views.crop={kind: contrastive}', 'backbone.width=4', MASKS];
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

  it('shows the masks of two epochs: salient patches, a masked view and a hard negative in each strategy', () => {
    for (const { masks } of result.images) {
      expect(masks.map(({ epoch }) => epoch)).toEqual([0, 1]);
      for (const { hidden } of masks) {
        const strategies = ['high-pass', 'blur', 'mean'];
        expect(hidden.map(({ mask }) => mask)).toEqual(
          strategies.flatMap((strategy) => [`${strategy}, positive`, `${strategy}, negative`]),
        );
        // The same patches, blurred or evened out.
        expect(hidden[2]!.share).toBe(hidden[4]!.share);
        for (const { share } of hidden) expect(share > 0 && share < 0.8).toBe(true);
      }
    }
    for (const text of ['view a, epoch 1, salient patches', 'blur, negative: ', 'salient patch'])
      expect(html).toContain(text);
  });

  it.skipIf(!browser)('opens in a browser without a complaint (needs chromium)', () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr', '--dump-dom'];
    const { stdout, stderr } = spawnSync(browser!, [...flags, pathToFileURL(join(folder, 'preview.html')).href], {
      encoding: 'utf8',
    });
    expect(stdout.match(/<figure/g)!.length).toBe(1 + 2 * (5 + 2 * 6 + 2 * (2 + 3 * 2)));
    expect(stdout).toContain('<svg');
    expect(stderr).not.toMatch(/CONSOLE/);
  });

  it('refuses images that are not there', () => {
    const { code, errors } = sslScene(folder, 'preview', 'testbed', '--set', 'data.images=40', '--images', '3,40');
    expect([code, errors]).toEqual([1, expect.stringMatching(/IMAGE_INDEX.*from 0 to 39, found 40/)]);
  });
});
