import { Worker } from 'node:worker_threads';
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
    expect(() => RegionStore.create({ images: 3 }).restore(store.toRecord())).toThrow(/REGIONS_MISMATCH/);
  });

  it('never shows a reader half of a box while another thread writes', async () => {
    const store = RegionStore.create({ images: 1 });
    store.setBox(0, { x0: 0, y0: 0, x1: 0, y1: 0 });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    // The writer in plain JavaScript, on the store's memory: boxes with four equal edges, by the protocol of setBox.
    const writer = new Worker(
      `const { workerData } = require('node:worker_threads');
       const cells = new Int32Array(workerData.buffer), stop = new Int32Array(workerData.stop.buffer);
       const edges = new Float32Array(1), bits = new Int32Array(edges.buffer);
       for (let i = 0; Atomics.load(stop, 0) === 0; i++) {
         edges[0] = (i % 1000) / 1000;
         Atomics.add(cells, 8, 1);
         for (let k = 0; k < 4; k++) Atomics.store(cells, 9 + k, bits[0]);
         Atomics.add(cells, 8, 1);
       }`,
      { eval: true, workerData: { buffer: store.buffer, stop } },
    );
    await new Promise((resolve) => writer.once('online', resolve));
    const seen = new Set<number>();
    for (let reads = 0; reads < 200_000; reads++) {
      const { x0, y0, x1, y1 } = store.box(0);
      if (x0 !== y0 || x0 !== x1 || x0 !== y1) throw new Error(`torn: ${x0} ${y0} ${x1} ${y1}`);
      seen.add(x0);
    }
    Atomics.store(stop, 0, 1);
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(seen.size).toBeGreaterThan(1);
  });
});
