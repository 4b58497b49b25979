import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  listCheckpoints,
  pruneCheckpoints,
  readCheckpointFolder,
  readNewestCheckpoint,
  writeCheckpointFolder,
} from '@ssl-scene/training';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const content = (step: number): Record<string, Uint8Array> => ({
  'model.safetensors': new Uint8Array(1000).fill(step),
  'optimiser.safetensors': Uint8Array.of(1, 2, step),
});
const write = (step: number): Promise<string> =>
  writeCheckpointFolder(folder, { step, seed: 7, name: 'x' }, content(step));

describe('checkpoint folder', () => {
  it('gives back what was written', async () => {
    const path = await write(3);
    const read = await readCheckpointFolder(path);
    expect(read.facts).toEqual({ step: 3, seed: 7, name: 'x' });
    expect(Object.keys(read.files)).toEqual(['model.safetensors', 'optimiser.safetensors']);
    expect([...read.files['optimiser.safetensors']!]).toEqual([1, 2, 3]);
  });

  it('writes the same bytes for the same content', async () => {
    const path = await write(3);
    const first = readFileSync(join(path, 'checkpoint.json'));
    await write(3);
    expect(readFileSync(join(path, 'checkpoint.json')).equals(first)).toBe(true);
    expect(readdirSync(folder)).toEqual(['step-00000003']);
  });

  it('keeps the newest by step, not by spelling', async () => {
    for (const step of [99_999_999, 5, 100_000_000]) await write(step);
    await pruneCheckpoints(folder, 2);
    expect(listCheckpoints(folder)).toEqual([join(folder, 'step-99999999'), join(folder, 'step-100000000')]);
  });

  it('C08: a half-written checkpoint does not count', async () => {
    await write(1);
    writeFileSync(join(folder, 'step-00000002.part'), 'a kill came in between');
    expect(listCheckpoints(folder)).toEqual([join(folder, 'step-00000001')]);
  });

  it.each([
    ['a short file', (path: string) => truncateSync(join(path, 'model.safetensors'), 999), '999'],
    ['a flipped byte', (path: string) => flipFirstByte(join(path, 'model.safetensors')), 'SHA-256'],
    ['a missing file', (path: string) => rmSync(join(path, 'optimiser.safetensors')), 'ENOENT'],
    ['a broken manifest', (path: string) => truncateSync(join(path, 'checkpoint.json'), 50), 'JSON'],
  ])('C08: falls back past %s to the previous checkpoint and says so', async (_name, damage, reason) => {
    await write(1);
    damage(await write(2));
    const reports: string[] = [];
    const read = await readNewestCheckpoint(folder, (error) => reports.push(error.message));
    expect(read?.facts.step).toBe(1);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain('step-00000002');
    expect(reports[0]).toContain(reason);
  });

  it('tells a folder without checkpoints from one with damaged ones only', async () => {
    expect(await readNewestCheckpoint(folder, () => undefined)).toBeUndefined();
    rmSync(join(await write(1), 'model.safetensors'));
    await expect(readNewestCheckpoint(folder, () => undefined)).rejects.toThrow('NO_GOOD_CHECKPOINT');
  });

  it('refuses a manifest of another format', async () => {
    const path = await write(1);
    writeFileSync(join(path, 'checkpoint.json'), JSON.stringify({ format: 'other', version: 1 }));
    await expect(readCheckpointFolder(path)).rejects.toThrow('found other');
  });

  it('names the folder where nothing can be written, and leaves earlier checkpoints alone', async () => {
    await write(1);
    writeFileSync(join(folder, 'file'), '');
    await expect(writeCheckpointFolder(join(folder, 'file'), { step: 2 }, content(2))).rejects.toThrow();
    expect((await readNewestCheckpoint(folder, () => undefined))?.facts.step).toBe(1);
  });
});

function flipFirstByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[0]! ^= 255;
  writeFileSync(path, bytes);
}
