import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene as runIn } from './command-line.ts';
import { tinyConfig } from './tiny-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-regions-'));
  writeFileSync(join(folder, 'tiny.yaml'), tinyConfig());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sslScene(command: string, settings: readonly string[], ...options: string[]): ReturnType<typeof runIn> {
  const set = settings.flatMap((setting) => ['--set', setting]);
  return runIn(folder, command, 'tiny.yaml', ...set, ...options);
}

/** Lines of a run's log of one kind. */
function lines(run: string, kind: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8').trim();
  return text
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.kind === kind);
}

const COLOURS = 'regions={source: colour-distribution, size: 24, mapSize: 8}';

describe('regions of a run', { timeout: 120_000 }, () => {
  it('come from colours alone, once, for crops in boxes of heat maps', () => {
    const settings = [COLOURS, 'views.crop={kind: boxes, from: heat-map, grid: 2}'];
    const { code, errors } = sslScene('pretrain', settings, '--out', 'boxes', '--quiet');
    expect([code, errors]).toEqual([0, expect.not.stringMatching(/error/i)]);
    expect(lines('boxes', 'refresh')).toMatchObject([{ epoch: 0, step: 0, images: 48 }]);
    expect(lines('boxes', 'refresh')[0]!.salientArea).toBeLessThan(0.9);
    const stopped = runIn(folder, 'pretrain', 'tiny.yaml', '--out', 'boxes', '--resume', '--quiet');
    expect(stopped.code).toBe(0);
    expect(lines('boxes', 'refresh')).toHaveLength(1);
  });

  it('come from a network of a file, which stays as it is', () => {
    const file = 'boxes/checkpoints/step-00000006/model.safetensors';
    const backbone = 'backbone: {kind: resnet, depth: 18, width: 4, stem: small}';
    const network = `regions={size: 24, network: {file: ${file}, prefix: backbone., ${backbone}}, stage: layer3}`;
    const settings = [network, 'views.crop={kind: contrastive}'];
    const { code, errors } = sslScene('pretrain', settings, '--out', 'frozen', '--quiet');
    expect([code, errors]).toEqual([0, expect.not.stringMatching(/error/i)]);
    expect(lines('frozen', 'refresh')).toMatchObject([{ epoch: 0, images: 48 }]);
  });

  it('guide SGCL-style pairs of salient views, weighted, in any framework', () => {
    const settings = [
      'framework={kind: moco, queueLength: 32, dimension: 8}',
      'views.salient={size: 12, crop: {kind: saliency, minSidePixels: 4}}',
      'views.weighting={global: false, power: 0.5}',
      'regions={size: 24, stage: layer3, network: average, flip: true, warmup: 1, interval: 1}',
    ];
    const { code, errors } = sslScene('pretrain', settings, '--out', 'sgcl', '--quiet');
    expect([code, errors]).toEqual([0, expect.not.stringMatching(/error/i)]);
    expect(lines('sgcl', 'refresh')).toMatchObject([{ epoch: 1, images: 48 }]);
    const steps = lines('sgcl', 'step');
    expect(Object.keys(steps[0]!)).toEqual(expect.arrayContaining(['loss.global', 'loss.salient']));
  });

  it.each<[readonly string[], RegExp]>([
    [['views.weighting={}'], /REGIONS_MISSING.*views.weighting/],
    [['regions={source: minimum-barrier, size: 24, interval: 3}'], /regions.interval.*before the first step/],
    [[`${COLOURS}`, 'regions.heatMaps=false', 'views.weighting={}'], /HEAT_MAPS_MISSING.*views.weighting/],
    [[`${COLOURS}`, 'views.weighting={epss: 0.1}'], /Did you mean "eps"/],
  ])('refuse %j', (settings, message) => {
    const { code, errors } = sslScene('pretrain', settings, '--out', 'bad');
    expect([code, errors]).toEqual([1, expect.stringMatching(message)]);
  });
});

describe('ssl-scene preview of regions', { timeout: 120_000 }, () => {
  it('shows maps that need no network, and where pairs of salient views fall', () => {
    const settings = [COLOURS, 'views.salient={size: 12, crop: {kind: saliency, grid: 2, minSidePixels: 4}}'];
    const { code, errors } = sslScene('preview', settings, '--images', '0,7', '--out', 'page.html');
    expect([code, errors]).toEqual([0, '']);
    const html = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(html).toContain('heat maps by colour-distribution');
    for (const text of [
      /salient0a and salient0b, mean score 0\.\d\d/,
      /salient1a and salient1b/,
      /view salient1b, draw 5/,
    ])
      expect(html).toMatch(text);
  });
});
