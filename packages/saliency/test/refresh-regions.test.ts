import type { Box } from '@ssl-scene/geometry';
import { RegionStore } from '@ssl-scene/regions';
import {
  activationMap,
  networkFreeHeatMaps,
  networkHeatMaps,
  type RefreshOptions,
  RegionUpdate,
  refreshRegions,
} from '@ssl-scene/saliency';
import { avgPool2d, jit, type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { availableBackends } from '@ssl-scene/vitest-config/backends';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';

const backends = await availableBackends(useBackend);
const SIDE = 16;
const WHOLE: Box = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** Image i is dark but for a bright square of 4 pixels with its corner at (4 · (i mod 4), 4 · (⌊i / 4⌋ mod 4)). */
function drawSquare(index: number, pixels: Float32Array): void {
  pixels.fill(0);
  const [left, top] = [4 * (index % 4), 4 * (Math.floor(index / 4) % 4)];
  for (let y = top; y < top + 4; y++) pixels.fill(1, 3 * (y * SIDE + left), 3 * (y * SIDE + left + 4));
}

const squareOf = (index: number): Box => {
  const [x0, y0] = [(index % 4) / 4, (Math.floor(index / 4) % 4) / 4];
  return { x0, y0, x1: x0 + 0.25, y1: y0 + 0.25 };
};

/** Stands for a network: brightness by cells of 4 × 4 pixels. */
const cells = (images: Tensor): Tensor => avgPool2d(images, { kernel: 4, stride: 4 });

class Sink {
  readonly boxes: Box[];
  readonly maps: Uint8Array[] = [];
  constructor(images: number) {
    this.boxes = new Array(images).fill(WHOLE);
  }
  box(index: number): Box {
    return this.boxes[index]!;
  }
  setBox(index: number, box: Box): void {
    this.boxes[index] = box;
  }
  setHeatMap(index: number, map: Uint8Array): void {
    this.maps[index] = map;
  }
}

const optionsFor = (regions: Sink, images: number): RefreshOptions => ({
  images,
  inputHeight: SIDE,
  inputWidth: SIDE,
  read: drawSquare,
  features: cells,
  regions,
  batchSize: 5,
  threshold: 0.6,
});

const covers = (outer: Box, inner: Box, slack: number): boolean =>
  Math.abs(outer.x0 - inner.x0) <= slack &&
  Math.abs(outer.y0 - inner.y0) <= slack &&
  Math.abs(outer.x1 - inner.x1) <= slack &&
  Math.abs(outer.y1 - inner.y1) <= slack;

describe.each(backends)('refreshRegions on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it('activationMap reduces channels by sum, mean and root of squares', () => {
    const values = tf.tidy(() => {
      const features = tf.tensor4d([3, 4, 0, 0, 1, 2, -2, 1], [1, 2, 2, 2]);
      return (['sum', 'mean', 'l2'] as const).map((reduce) => [...activationMap(features, reduce).dataSync()]);
    });
    expectClose(values[0], [7, 0, 3, -1], { abs: 1e-6 });
    expectClose(values[1], [3.5, 0, 1.5, -0.5], { abs: 1e-6 });
    expectClose(values[2], [5, 0, Math.sqrt(5), Math.sqrt(5)], { abs: 1e-6 });
    expect(() => activationMap(tf.zeros([2, 3]))).toThrow(/FEATURE_MAP_SHAPE.*\[2, 3\]/);
    expect(() => activationMap(tf.zeros([1, 1, 1, 1]), 'max' as 'sum')).toThrow(/CHANNEL_REDUCTION.*"max"/);
  });

  it('finds the square of every image, the short last batch included, and leaves no tensor behind', async () => {
    const sink = new Sink(13);
    const features = jit(cells);
    const progress: number[] = [];
    const before = tf.memory().numTensors;
    const statistics = await refreshRegions({
      ...optionsFor(sink, 13),
      features,
      onProgress: (done) => progress.push(done),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(progress).toEqual([5, 10, 13]);
    for (let index = 0; index < 13; index++) {
      expect(covers(sink.boxes[index]!, squareOf(index), 1 / SIDE), `image ${index}`).toBe(true);
    }
    expect(statistics).toMatchObject({ images: 13, wholeShare: 0, constantMaps: 0, emptyMaps: 0, warnings: [] });
    expect(statistics.boxAreas.reduce((sum, count) => sum + count, 0)).toBe(13);
    expect(statistics.iouWithLast).toBeCloseTo(statistics.meanBoxArea, 12);
    features.dispose();
  });

  it('gives the same boxes for any batch size, and an IoU of 1 where nothing changed', async () => {
    const sink = new Sink(9);
    await refreshRegions({ ...optionsFor(sink, 9), batchSize: 9 });
    const once = [...sink.boxes];
    const again = await refreshRegions({ ...optionsFor(sink, 9), batchSize: 2 });
    expect(sink.boxes).toEqual(once);
    expect(again.iouWithLast).toBe(1);
  });
});

describe('refreshRegions', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });

  it('A14: constant maps give whole images, counted, with a warning of collapse', async () => {
    const sink = new Sink(4);
    const options = { ...optionsFor(sink, 4), features: (x: Tensor) => tf.onesLike(cells(x)) };
    const statistics = await refreshRegions(options);
    expect(sink.boxes).toEqual([WHOLE, WHOLE, WHOLE, WHOLE]);
    expect(statistics).toMatchObject({ constantMaps: 4, wholeShare: 1, meanBoxArea: 1 });
    expect(statistics.warnings[0]).toMatch(/100 % of the heat maps are constant.*collapsed/);
  });

  it('A15: boxes over the whole image are reported in a histogram and warned of', async () => {
    const sink = new Sink(6);
    const smooth = (x: Tensor) => {
      const ramp = tf.tensor4d(
        Array.from({ length: 16 }, (_, i) => (i === 5 ? 1 : 2 + i)),
        [1, 4, 4, 1],
      );
      return tf.add(tf.mul(cells(x), 0.01), ramp);
    };
    const statistics = await refreshRegions({ ...optionsFor(sink, 6), features: smooth, threshold: 0.01 });
    expect(statistics.boxAreas).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 6]);
    expect(statistics.wholeShare).toBe(1);
    expect(statistics.activeArea).toBeGreaterThan(0.9);
    expect(statistics.warnings).toEqual([
      'The boxes cover 100 % of the image on average (100 % of them all of it) at threshold 0.01: they guide almost ' +
        "nothing. Raise the threshold to 0.3 or 0.5, or take 'otsu'.",
    ]);
  });

  it('stores heat maps where asked: brightest in the square, zeros for a constant map', async () => {
    const sink = new Sink(2);
    const read = (index: number, pixels: Float32Array): void => {
      if (index === 1) pixels.fill(0.5);
      else drawSquare(5, pixels);
    };
    await refreshRegions({ ...optionsFor(sink, 2), read, heatMap: { height: 8, width: 8 } });
    const [square, constant] = sink.maps as [Uint8Array, Uint8Array];
    expect(square.length).toBe(64);
    expect(square.indexOf(Math.max(...square))).toBe(2 * 8 + 2);
    expect(Math.min(...square)).toBe(0);
    expect([...constant]).toEqual(new Array(64).fill(0));
  });

  it('reads the next batch while the network works, in order', async () => {
    const sink = new Sink(6);
    const events: string[] = [];
    await refreshRegions({
      ...optionsFor(sink, 6),
      batchSize: 2,
      read: async (index, pixels) => {
        events.push(`read ${index}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        drawSquare(index, pixels);
      },
      features: (x) => {
        events.push('look');
        return cells(x);
      },
    });
    expect(events).toEqual(['read 0', 'read 1', 'read 2', 'read 3', 'look', 'read 4', 'read 5', 'look', 'look']);
    for (let index = 0; index < 6; index++) expect(covers(sink.boxes[index]!, squareOf(index), 1 / SIDE)).toBe(true);
  });

  it('D11: an unreadable image ends the refresh, or is listed and keeps its box where asked', async () => {
    const sink = new Sink(7);
    const mine = { x0: 0.1, y0: 0.1, x1: 0.2, y1: 0.2 };
    sink.boxes[6] = mine;
    const read = (index: number, pixels: Float32Array): void => {
      if (index === 6) throw new Error('photo.jpg is cut off');
      drawSquare(index, pixels);
    };
    await expect(refreshRegions({ ...optionsFor(sink, 7), read })).rejects.toThrow('photo.jpg is cut off');
    const statistics = await refreshRegions({ ...optionsFor(sink, 7), read, onBadImage: 'skip' });
    expect(statistics.images).toBe(6);
    expect(statistics.badImages).toEqual([{ index: 6, message: 'photo.jpg is cut off' }]);
    expect(statistics.warnings).toEqual(['1 image could not be read and kept its box.']);
    expect(sink.boxes[6]).toBe(mine);
  });

  it('takes any provider of heat maps, those without a network too', async () => {
    const images = 6;
    const byNetwork = new Sink(images);
    const maps = () => (x: Tensor) => activationMap(cells(x));
    const provider = networkHeatMaps({ name: 'cells', state: {}, maps });
    const { features: _, ...options } = optionsFor(byNetwork, images);
    await refreshRegions({ ...options, provider });
    const byColours = new Sink(images);
    const normalise = { mean: [0, 0, 0], std: [1, 1, 1] };
    // Colours see the square's own edges, where enlarged cells have soft ones.
    const sharp = { ...options, regions: byColours, threshold: 0.5 };
    await refreshRegions({ ...sharp, provider: networkFreeHeatMaps({ normalise }) });
    expect(covers(byNetwork.boxes[5]!, squareOf(5), 1 / SIDE)).toBe(true);
    expect(byColours.boxes[5]).toEqual(squareOf(5));
  });

  it('reads second views for providers that compare two', async () => {
    const sink = new Sink(3);
    const seen: number[] = [];
    const maps = () => (x: Tensor, others?: Tensor) => activationMap(cells(tf.add(x, others!)));
    const provider = networkHeatMaps({ name: 'two', state: {}, maps, needsOthers: true });
    const { features: _, ...options } = optionsFor(sink, 3);
    await expect(refreshRegions({ ...options, provider })).rejects.toThrow(/REFRESH_OPTION.*readOther/);
    const readOther = (index: number, pixels: Float32Array): void => {
      seen.push(index);
      pixels.fill(0);
    };
    await refreshRegions({ ...options, provider, readOther });
    expect(seen).toEqual([0, 1, 2]);
    expect(covers(sink.boxes[2]!, squareOf(2), 1 / SIDE)).toBe(true);
  });

  it('fills a region store, and tells how the salient places of its maps changed', async () => {
    const store = RegionStore.create({ images: 8, heatMap: { height: 4, width: 4 } });
    const options = { ...optionsFor(new Sink(0), 8), regions: store, heatMap: { height: 4, width: 4 } };
    const first = await refreshRegions(options);
    expect(first.salientParts).toBe(1);
    expect(first.salientIouWithLast).toBeUndefined();
    const again = await refreshRegions(options);
    expect(again.salientIouWithLast).toBe(1);
    const moved = await refreshRegions({ ...options, read: (index, pixels) => drawSquare(index + 1, pixels) });
    expect(moved.salientIouWithLast).toBe(0);
    expect(store.heatMap(3).indexOf(255)).toBe(4);
  });

  it('warns where all boxes are the same, whatever the image shows', async () => {
    const sink = new Sink(24);
    const statistics = await refreshRegions({ ...optionsFor(sink, 24), read: (_, pixels) => drawSquare(6, pixels) });
    expect(statistics.boxSpread).toBe(0);
    expect(statistics.warnings).toEqual([
      expect.stringMatching(/nearly the same for all images.*places of the map, not objects/),
    ]);
    const varied = await refreshRegions(optionsFor(sink, 24));
    expect(varied.boxSpread).toBeGreaterThan(0.1);
    expect(varied.warnings).toEqual([]);
  });

  it('can be fed image by image, in any order', async () => {
    const [whole, fed] = [new Sink(3), new Sink(3)];
    const wanted = await refreshRegions(optionsFor(whole, 3));
    const update = new RegionUpdate({ ...optionsFor(fed, 3) });
    for (const index of [2, 0, 1]) {
      const map = new Float32Array(16);
      map[(index >> 2) * 4 + (index & 3)] = 1;
      update.add(index, map, 4, 4);
    }
    expect(fed.boxes).toEqual(whole.boxes);
    expect(update.finish()).toEqual(wanted);
  });

  it('refuses bad options, saying what and where', async () => {
    const sink = new Sink(1);
    await expect(refreshRegions({ ...optionsFor(sink, 0) })).rejects.toThrow(/REFRESH_OPTION.*images/);
    await expect(refreshRegions({ ...optionsFor(sink, 1), batchSize: 0 })).rejects.toThrow(/batchSize/);
    const regions = { setBox: () => {} };
    const heatMap = { height: 2, width: 2 };
    await expect(refreshRegions({ ...optionsFor(sink, 1), regions, heatMap })).rejects.toThrow(/setHeatMap/);
    const { features: _, ...without } = optionsFor(sink, 1);
    await expect(refreshRegions(without)).rejects.toThrow(/REFRESH_OPTION.*provider, or features/);
    const features = (x: Tensor): Tensor => tf.tile(cells(x), [2, 1, 1, 1]);
    await expect(refreshRegions({ ...optionsFor(sink, 1), features })).rejects.toThrow(/FEATURE_MAP_SHAPE/);
  });
});
