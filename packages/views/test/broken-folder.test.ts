import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createViewLoader, packDataset, type ViewLoaderOptions } from '@ssl-scene/views';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';
import { TWO_VIEWS } from './two-views.ts';

const photos = sharedData('imagenette-224');

/** Ways in which a JPEG file gets broken. */
const DAMAGE: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes.subarray(0, bytes.length / 2),
  () => Buffer.alloc(0),
  () => Buffer.from('<html>404 Not Found</html>'),
  (bytes) => bytes.subarray(4),
  (bytes) => bytes.subarray(0, 300),
  (bytes) => Buffer.alloc(bytes.length),
];

describe.skipIf(photos === undefined)('a folder of which a twentieth is broken (needs shared/data)', () => {
  const folder = temporaryFolder();
  const root = join(folder, 'photos');
  const broken: string[] = [];

  function fill(): void {
    mkdirSync(root);
    const files = jpegsBelow(photos!).slice(0, 120);
    for (const [i, file] of files.entries()) {
      const name = `${String(i).padStart(3, '0')}.jpg`;
      if (i % 20 !== 7) copyFileSync(file, join(root, name));
      else {
        broken.push(name);
        writeFileSync(join(root, name), DAMAGE[broken.length % DAMAGE.length]!(readFileSync(file)));
      }
    }
  }

  it('D11: is gone through to the end, and exactly these are listed', async () => {
    fill();
    expect(broken).toHaveLength(6);
    const source = { kind: 'image-folder', root } as const;
    const packed = await packDataset(source, join(folder, 'photos.pack'), { onBadImage: 'keep', shortSide: null });
    expect(packed.badImages.map(({ id }) => id)).toEqual(broken);
    const rows: number[][] = [];
    for (const options of [{ source }, { source, workers: 0 }, { source: packed.source }]) {
      const loader = await createViewLoader({ ...base, ...options });
      const seen: number[] = [];
      for (const epoch of [0, 1]) {
        for await (const batch of loader.epoch(epoch)) {
          seen.push(...batch.indices);
          batch.release();
        }
      }
      expect(loader.badImages().map(({ id }) => id)).toEqual(broken);
      expect(seen).toHaveLength(2 * (120 - broken.length));
      rows.push(seen);
      await loader.close();
    }
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
  });
});

const base: Omit<ViewLoaderOptions, 'source'> = {
  plan: TWO_VIEWS,
  batchSize: 16,
  seed: 2,
  workers: 2,
  dropLast: false,
  onBadImage: 'quarantine',
};

function jpegsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}
