import { RegionStore } from '@ssl-scene/regions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const edge = fc.float({ min: 0, max: 1, noNaN: true });

describe('RegionStore', () => {
  it('starts with whole images, not active', () => {
    const store = RegionStore.create({ images: 3 });
    expect(store.box(2)).toEqual({ x0: 0, y0: 0, x1: 1, y1: 1 });
    expect(store.active).toBe(false);
    expect(store.version).toBe(0);
    expect(store.heatMapSize).toBeUndefined();
  });

  it('starts with the initial box where one is given (SimCCrop)', () => {
    const box = { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 };
    expect(RegionStore.create({ images: 2, initialBox: box }).box(1)).toEqual(box);
  });

  it('gives back what was set, and leaves the neighbours alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), edge, edge, edge, edge, (image, a, b, c, d) => {
        const store = RegionStore.create({ images: 5 });
        const box = { x0: Math.min(a, b), y0: Math.min(c, d), x1: Math.max(a, b), y1: Math.max(c, d) };
        store.setBox(image, box);
        for (let other = 0; other < 5; other++) {
          expect(store.box(other)).toEqual(other === image ? box : { x0: 0, y0: 0, x1: 1, y1: 1 });
        }
      }),
    );
  });

  it('is one store for everybody who attached to its memory', () => {
    const store = RegionStore.create({ images: 2, heatMap: { height: 2, width: 3 } });
    const other = RegionStore.attach(store.buffer);
    store.setBox(1, { x0: 0, y0: 0.5, x1: 0.5, y1: 1 });
    store.setHeatMap(0, Uint8Array.of(1, 2, 3, 4, 5, 255));
    store.setActive(true);
    store.completeRefresh();
    expect(other.box(1)).toEqual({ x0: 0, y0: 0.5, x1: 0.5, y1: 1 });
    expect([...other.heatMap(0)]).toEqual([1, 2, 3, 4, 5, 255]);
    expect([...other.heatMap(1)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([other.active, other.version]).toEqual([true, 1]);
  });

  it('restores a record bit for bit', () => {
    const store = RegionStore.create({ images: 2, heatMap: { height: 1, width: 2 } });
    store.setBox(0, { x0: 0.1, y0: 0.2, x1: 0.3, y1: 0.4 });
    store.setHeatMap(1, Uint8Array.of(7, 9));
    store.setActive(true);
    store.completeRefresh();
    const copy = RegionStore.create({ images: 2, heatMap: { height: 1, width: 2 } });
    copy.restore(store.toRecord());
    expect(copy.toRecord()).toEqual(store.toRecord());
  });

  it('A20: refuses boxes that are inverted, outside or not numbers', () => {
    const store = RegionStore.create({ images: 1 });
    const bad = [
      { x0: 0.6, y0: 0, x1: 0.5, y1: 1 },
      { x0: -0.1, y0: 0, x1: 0.5, y1: 1 },
      { x0: 0, y0: 0, x1: 1.5, y1: 1 },
      { x0: Number.NaN, y0: 0, x1: 1, y1: 1 },
    ];
    for (const box of bad) expect(() => store.setBox(0, box)).toThrow(/BAD_BOX/);
    expect(store.box(0)).toEqual({ x0: 0, y0: 0, x1: 1, y1: 1 });
  });

  it('refuses what does not fit, saying why', () => {
    const store = RegionStore.create({ images: 2, heatMap: { height: 2, width: 2 } });
    expect(() => store.box(2)).toThrow(/INDEX_OUT_OF_RANGE.*0 to 1/);
    expect(() => store.setHeatMap(0, new Uint8Array(3))).toThrow(/HEAT_MAP_SIZE.*4 values/);
    expect(() => RegionStore.create({ images: 2 }).heatMap(0)).toThrow(/NO_HEAT_MAPS/);
    expect(() => RegionStore.create({ images: 0 })).toThrow(/BAD_OPTION/);
    expect(() => RegionStore.attach(new SharedArrayBuffer(64))).toThrow(/NOT_A_REGION_STORE/);
    expect(() => RegionStore.attach(new SharedArrayBuffer(4))).toThrow(/NOT_A_REGION_STORE/);
    const shortened = new SharedArrayBuffer(store.buffer.byteLength - 4);
    new Uint8Array(shortened).set(new Uint8Array(store.buffer, 0, shortened.byteLength));
    expect(() => RegionStore.attach(shortened)).toThrow(/NOT_A_REGION_STORE/);
    expect(() => RegionStore.create({ images: 3 }).restore(store.toRecord())).toThrow(/REGIONS_MISMATCH/);
    const turned = RegionStore.create({ images: 2, heatMap: { height: 1, width: 4 } });
    expect(() => turned.restore(store.toRecord())).toThrow(/REGIONS_MISMATCH.*1 × 4.*2 × 2/);
    const huge = { images: 2 ** 31 - 1, heatMap: { height: 2 ** 15, width: 2 ** 15 } };
    expect(() => RegionStore.create(huge)).toThrow(/OUT_OF_MEMORY/);
  });

  it('makes a store of a record', () => {
    const store = RegionStore.create({ images: 3, heatMap: { height: 3, width: 3 } });
    store.setBox(2, { x0: 0.5, y0: 0, x1: 1, y1: 0.5 });
    store.setHeatMap(1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    store.setActive(true);
    const copy = RegionStore.fromRecord(store.toRecord());
    expect(copy.toRecord()).toEqual(store.toRecord());
    expect(copy.buffer).not.toBe(store.buffer);
    const boxesOnly = RegionStore.create({ images: 1 });
    expect(RegionStore.fromRecord(boxesOnly.toRecord()).heatMapSize).toBeUndefined();
  });

  it('keeps the newest of many writes, and its neighbours, for maps whose size is no multiple of a cell', () => {
    const store = RegionStore.create({ images: 3, heatMap: { height: 1, width: 5 } });
    for (let value = 1; value <= 9; value++) store.setHeatMap(1, new Uint8Array(5).fill(value));
    expect([0, 1, 2].map((image) => [...store.heatMap(image)])).toEqual([
      [0, 0, 0, 0, 0],
      [9, 9, 9, 9, 9],
      [0, 0, 0, 0, 0],
    ]);
  });

  it('hands out copies', () => {
    const store = RegionStore.create({ images: 2, heatMap: { height: 1, width: 1 } });
    store.setHeatMap(0, Uint8Array.of(7));
    const map = store.heatMap(0);
    store.setHeatMap(0, Uint8Array.of(8));
    store.heatMap(1);
    expect([...map]).toEqual([7]);
  });
});
