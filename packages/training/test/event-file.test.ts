import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { crc32c, openEventFile, tfRecord } from '@ssl-scene/training';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Fixture {
  readonly wallTime: number;
  readonly scalars: readonly (readonly [number, Readonly<Record<string, number | string>>])[];
  /** The file that TensorBoard's own writer made of them, hexadecimal. */
  readonly file: string;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/event-file.json', import.meta.url), 'utf8')) as Fixture;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('event file', () => {
  it("has the bytes of TensorBoard's own writer", () => {
    const { wallTime, scalars, file } = fixture;
    const events = openEventFile(folder, { firstStep: 1, wallTime: () => wallTime });
    for (const [step, values] of scalars) {
      events.scalars(step, Object.fromEntries(Object.entries(values).map(([tag, value]) => [tag, Number(value)])));
    }
    expect(readFileSync(events.path).toString('hex')).toBe(file);
  });

  it('is named as TensorBoard looks for it, and never written over', () => {
    const wallTime = (): number => 1_700_000_000;
    const first = openEventFile(folder, { wallTime });
    const second = openEventFile(folder, { wallTime });
    expect(basename(first.path)).toMatch(/^events\.out\.tfevents\.1700000000\..+\.\d+\.0$/);
    expect(basename(second.path)).toMatch(/\.1$/);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe('tfRecord', () => {
  it('guards with CRC-32C, whose check value is known', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  it('frames data: length, its sum, the data, their sum', () => {
    const record = tfRecord(Uint8Array.of(7, 8, 9));
    expect(record).toHaveLength(19);
    expect([...record.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...record.subarray(12, 15)]).toEqual([7, 8, 9]);
  });
});
