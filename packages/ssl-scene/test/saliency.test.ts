import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@ssl-scene/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene } from './command-line.ts';
import { tinyConfig } from './tiny-config.ts';

const SIDE = 48;

/** A bright square on a dark ground. */
function square(left: number, top: number): Uint8Array {
  const data = new Uint8Array(SIDE * SIDE * 3).fill(20);
  for (let y = top; y < top + 16; y++) data.fill(230, 3 * (y * SIDE + left), 3 * (y * SIDE + left + 16));
  return encodePng({ width: SIDE, height: SIDE, data });
}

describe('ssl-scene saliency', { timeout: 120_000 }, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saliency-'));
    mkdirSync(join(folder, 'images'));
    writeFileSync(join(folder, 'images/a.png'), square(8, 24));
    writeFileSync(join(folder, 'images/b.png'), square(28, 4));
    writeFileSync(join(folder, 'images/broken.png'), square(0, 0).subarray(0, 60));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds the square in each picture, and lists what it cannot read', () => {
    const { code, output, errors } = sslScene(folder, 'saliency', 'images', '--json');
    expect(code).toBe(0);
    expect(errors).toMatch(/broken\.png/);
    const result = JSON.parse(output) as { images: { id: string; box: Record<string, number> }[]; failed: object[] };
    expect(result.failed).toMatchObject([{ id: 'broken.png' }]);
    const expected = { 'a.png': [8, 24, 24, 40], 'b.png': [28, 4, 44, 20] };
    expect(result.images.map(({ id }) => id)).toEqual(Object.keys(expected));
    for (const { id, box } of result.images) {
      const sides = [box.x0!, box.y0!, box.x1!, box.y1!].map((side) => side * SIDE);
      expected[id as keyof typeof expected].forEach((side, index) => {
        expect(Math.abs(sides[index]! - side)).toBeLessThan(3);
      });
      expect(existsSync(join(folder, 'saliency', `${id}.png`))).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(folder, 'saliency/saliency.json'), 'utf8'))).toEqual(result);
  });

  it('data check lists the same picture, and writes it to an exclusion list', () => {
    const { code, output } = sslScene(folder, 'data', 'check', 'images', '--exclude', 'bad.txt', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ pictures: 3, broken: [{ id: 'broken.png' }] });
    expect(readFileSync(join(folder, 'bad.txt'), 'utf8')).toContain('broken.png');
    expect(sslScene(folder, 'data', 'check', 'images').output).toMatch(/pictures +3\n[\s\S]*broken\.png: /);
    expect(sslScene(folder, 'data', 'fetch').output).toMatch(/cifar10 .*CIFAR-10.* MB/);
  });

  it('takes another method and size', () => {
    const options = ['--method', 'spectral-residual', '--size', '32', '--out', 'residual', '--json'];
    const { code, output } = sslScene(folder, 'saliency', 'images', ...options);
    expect(code).toBe(0);
    expect((JSON.parse(output) as { images: object[] }).images).toHaveLength(2);
    const unknown = sslScene(folder, 'saliency', 'images', '--method', 'guess');
    expect([unknown.code, unknown.errors]).toEqual([1, expect.stringMatching(/minimum-barrier/)]);
  });

  it('looks with the network of a run', () => {
    writeFileSync(join(folder, 'tiny.yaml'), tinyConfig({ training: { epochs: 1, batchSize: 16, workers: 0 } }));
    expect(sslScene(folder, 'pretrain', 'tiny.yaml', '--out', 'run', '--quiet').code).toBe(0);
    const { code, output } = sslScene(folder, 'saliency', 'images', '--run', 'run', '--out', 'network', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(output) as { images: object[] }).images).toHaveLength(2);
  });

  it('refuses a threshold that is none', () => {
    const { code, errors } = sslScene(folder, 'saliency', 'images', '--threshold', 'high');
    expect([code, errors]).toEqual([1, expect.stringMatching(/OPTION.*from 0 to 1, or otsu.*"?high/)]);
  });
});
