/**
 * Writes pictures of the testbed to a folder, for looking at: `tsx --conditions=@ssl-scene/source bench/contact-sheet.ts [folder]`.
 * Scenes are drawn four times as large, with the boxes of their objects.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSyntheticScenes, type SyntheticSceneOptions, type SyntheticScenes } from '@ssl-scene/synthetic-scenes';
import sharp from 'sharp';

const COLUMNS = 8;
const ROWS = 5;
const SCALE = 3;
const GAP = 4;

async function drawTile(scenes: SyntheticScenes, index: number, showBoxes: boolean): Promise<Buffer> {
  const { width, height, data } = scenes.pixels(index);
  const outline = scenes
    .boxes(index)
    .map(
      ({ x0, y0, x1, y1 }) =>
        `<rect x="${x0 * SCALE}" y="${y0 * SCALE}" width="${(x1 - x0) * SCALE}" height="${(y1 - y0) * SCALE}" fill="none" stroke="#0f0"/>`,
    )
    .join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * SCALE}" height="${height * SCALE}">${outline}</svg>`;
  const tile = sharp(data, { raw: { width, height, channels: 3 } }).resize(width * SCALE, height * SCALE, {
    kernel: 'nearest',
  });
  return await tile
    .composite(showBoxes ? [{ input: Buffer.from(svg) }] : [])
    .png()
    .toBuffer();
}

async function drawSheet(path: string, options: SyntheticSceneOptions, showBoxes: boolean): Promise<void> {
  const scenes = await openSyntheticScenes(options);
  const cell = scenes.options.width * SCALE + GAP;
  const tiles = Array.from({ length: COLUMNS * ROWS }, async (_, i) => ({
    input: await drawTile(scenes, i, showBoxes),
    left: (i % COLUMNS) * cell,
    top: Math.floor(i / COLUMNS) * cell,
  }));
  await sharp({ create: { width: COLUMNS * cell, height: ROWS * cell, channels: 3, background: '#fff' } })
    .composite(await Promise.all(tiles))
    .png()
    .toFile(path);
  console.log(path);
}

const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'scenes-')));
await drawSheet(join(folder, 'scenes.png'), {}, false);
await drawSheet(join(folder, 'scenes-with-boxes.png'), {}, true);
await drawSheet(join(folder, 'single-objects.png'), { split: 'single-object' }, false);
await drawSheet(join(folder, 'no-clutter.png'), { clutter: 0 }, false);
