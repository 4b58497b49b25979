import {
  type Crop,
  type CropRegion,
  type CropTally,
  createCropSampler,
  cropNeeds,
  cropScore,
  drawCell,
  drawComponent,
  HeatMap,
  leastSide,
  placeAround,
  type SaliencySpec,
  saliencyGrid,
  salientComponents,
  sampleCrop,
} from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import { casesOf } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { available } from './golden-crops.ts';

/** Two salient places far apart, the upper left one the more salient. */
const TWO_PEAKS = new HeatMap({
  width: 4,
  height: 4,
  data: [255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200],
});
const WHOLE = { x0: 0, y0: 0, x1: 1, y1: 1 };
const region: CropRegion = { box: WHOLE, active: true, heatMap: TWO_PEAKS };
const uniform: CropRegion = { ...region, heatMap: new HeatMap({ width: 4, height: 4, data: new Uint8Array(16) }) };

const emptyTally = (): CropTally => ({ fallbacks: 0, droppedBoxes: 0, imagesWithoutBox: 0 });

const centreOf = ({ x, y, width, height }: Crop) => ({ x: x + width / 2, y: y + height / 2 });

describe.skipIf(!available)('rules without chance equal the reference (needs shared/golden)', () => {
  it.each(casesOf('crops', 'sgclPlace'))('placement', ({ args, expected }) => {
    const places = args.cases.map(
      (place: { width: number; height: number; cx: number; cy: number; w: number; h: number }) => {
        const size = { width: place.w, height: place.h };
        const { x, y } = placeAround({ x: place.cx, y: place.cy }, size, place.width, place.height);
        return [x, y];
      },
    );
    expect(places).toEqual(expected);
  });

  it.each(casesOf('crops', 'sgclMinSide'))('shortest side', ({ args, expected }) => {
    const rule = { minSidePixels: 8, minSideShare: 0.1 };
    const sides = args.images.map(([width, height]: [number, number]) => leastSide(width, height, rule));
    expect(sides).toEqual(expected);
  });
});

describe('saliency crops', () => {
  it('place as the conformance vector of the specification', () => {
    expect(placeAround({ x: 576, y: 48 }, { width: 200, height: 150 }, 640, 480)).toEqual({
      x: 440,
      y: 0,
      width: 200,
      height: 150,
    });
  });

  it('are whole pixels inside the image, whatever the map, the size and the options', () => {
    const cases = fc.record({
      width: fc.integer({ min: 1, max: 500 }),
      height: fc.integer({ min: 1, max: 500 }),
      seed: fc.integer({ min: 0, max: 1000 }),
      values: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 9, maxLength: 9 }),
      spec: fc.record({
        kind: fc.constant('saliency' as const),
        slot: fc.integer({ min: 0, max: 3 }),
        tau: fc.constantFrom(0, 0.5, 1),
        gamma: fc.constantFrom(0, 1, 3),
        acceptance: fc.constantFrom('mean' as const, 'off' as const),
        shareComponent: fc.boolean(),
        distinctComponents: fc.boolean(),
      }),
    });
    fc.assert(
      fc.property(cases, ({ width, height, seed, values, spec }) => {
        const known = { ...region, heatMap: new HeatMap({ width: 3, height: 3, data: values }) };
        const { x, y, width: w, height: h } = sampleCrop(spec, width, height, known, randomStream(seed, 'crop'));
        expect([x, y, w, h].every(Number.isInteger)).toBe(true);
        expect(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= width && y + h <= height).toBe(true);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('with a uniform map are plain random crops, bit for bit, and counted', () => {
    const scale = [0.05, 0.4] as const;
    for (const known of [uniform, { ...uniform, heatMap: new HeatMap({ width: 1, height: 1, data: [3] }) }]) {
      const tally = emptyTally();
      const [guided, plain] = [randomStream(5, 'crop'), randomStream(5, 'crop')];
      for (let draw = 0; draw < 200; draw++) {
        const shared = randomStream(5, 'shared', draw);
        const crop = sampleCrop({ kind: 'saliency', slot: 1 }, 320, 240, known, guided, { tally, shared });
        expect(crop).toEqual(sampleCrop({ kind: 'random-resized', scale }, 320, 240, undefined, plain));
      }
      expect(tally).toEqual({ fallbacks: 0, droppedBoxes: 0, imagesWithoutBox: 200 });
    }
  });

  it('before the first refresh are plain random crops, bit for bit', () => {
    const waiting = { ...region, active: false };
    const crop = sampleCrop({ kind: 'saliency' }, 320, 240, waiting, randomStream(6, 'crop'));
    const plain = sampleCrop(
      { kind: 'random-resized', scale: [0.05, 0.4] },
      320,
      240,
      undefined,
      randomStream(6, 'crop'),
    );
    expect(crop).toEqual(plain);
  });

  it('of one slot look at the same part of the image, those of another at another one', () => {
    const sampler = (slot: number) => createCropSampler({ kind: 'saliency', slot, scale: [0.02, 0.05] });
    const firstSlots = { near: 0, far: 0 };
    for (let image = 0; image < 300; image++) {
      const sides = [0, 0, 1, 1].map((slot, view) => {
        const shared = randomStream(7, 'shared', image);
        const crop = sampler(slot)(400, 400, region, randomStream(7, 'view', image, view), { shared });
        return centreOf(crop).x < 200;
      });
      expect(sides[1]).toBe(sides[0]);
      expect(sides[2]).toBe(!sides[0]);
      expect(sides[3]).toBe(sides[2]);
      firstSlots[sides[0] ? 'near' : 'far']++;
    }
    // The parts' weights are as 255 to 200, up to what interpolation makes of them.
    expect(firstSlots.near).toBeGreaterThan(firstSlots.far);
    expect(firstSlots.far).toBeGreaterThan(60);
  });

  it('of one slot draw their own parts where they are not to share one', () => {
    const sampler = createCropSampler({ kind: 'saliency', shareComponent: false, scale: [0.02, 0.05] });
    let apart = 0;
    for (let image = 0; image < 200; image++) {
      const sides = [0, 1].map((view) => {
        const shared = randomStream(16, 'shared', image);
        return centreOf(sampler(400, 400, region, randomStream(16, 'view', image, view), { shared })).x < 200;
      });
      if (sides[0] !== sides[1]) apart++;
    }
    expect(apart).toBeGreaterThan(60);
    expect(apart).toBeLessThan(140);
  });

  it('draw from all parts again once each has a slot', () => {
    const components = TWO_PEAKS.components(8, { tau: 0.5, gamma: 1 });
    const parts = new Set<number>();
    for (let seed = 0; seed < 40; seed++) parts.add(drawComponent(components, 3, true, randomStream(seed, 'slots')));
    expect(parts).toEqual(new Set([0, 1]));
  });

  it('draw parts and cells in proportion to their saliency to the power of gamma', () => {
    const grid = saliencyGrid({ width: 4, height: 1, data: [0, 0.6, 0.9, 1] }, 4, 1);
    for (const gamma of [0, 1, 2]) {
      const components = salientComponents(grid, { tau: 0.5, gamma });
      const random = randomStream(8, 'cells', gamma);
      const counts = [0, 0, 0, 0];
      const draws = 20_000;
      for (let draw = 0; draw < draws; draw++) counts[drawCell(components, 0, random)]!++;
      const weights = [0, 0.6 ** gamma, 0.9 ** gamma, 1];
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [cell, weight] of weights.entries()) {
        const share = weight / total;
        const deviation = Math.sqrt((share * (1 - share)) / draws);
        expect(Math.abs(counts[cell]! / draws - share)).toBeLessThanOrEqual(4 * deviation);
      }
    }
  });

  it('have their centres where the map says, in proportion', () => {
    const heatMap = new HeatMap({ width: 3, height: 3, data: [0, 0, 0, 0, 1, 0.8, 0, 0, 0] });
    const spec: SaliencySpec = { kind: 'saliency', grid: 1, scale: [0.01, 0.01], ratio: [1, 1], acceptance: 'off' };
    const sampler = createCropSampler(spec);
    const random = randomStream(9, 'centres');
    const counts = new Map<number, number>();
    const draws = 9000;
    for (let draw = 0; draw < draws; draw++) {
      const { x, y } = centreOf(sampler(900, 900, { ...region, heatMap }, random));
      const cell = Math.floor(y / 300) * 3 + Math.floor(x / 300);
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    const share = (cell: number): number => (counts.get(cell) ?? 0) / draws;
    // A crop's corner is rounded, so that a centre at the border of two cells may fall into the other one.
    expect(share(4) + share(5)).toBeGreaterThan(0.99);
    expect(Math.abs(share(4) - 1 / 1.8)).toBeLessThan(0.02);
  });

  it('with centreBeta are centred in the bounding box of their part, rather near its edges', () => {
    const spec: SaliencySpec = {
      kind: 'saliency',
      centreBeta: 0.3,
      scale: [0.01, 0.01],
      ratio: [1, 1],
      acceptance: 'off',
    };
    const heatMap = new HeatMap({ width: 4, height: 4, data: [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0] });
    const grid = heatMap.grid(8);
    const [x0, , x1] = heatMap.components(8, { tau: 0.5, gamma: 1 }).boxes as unknown as [number, number, number];
    const [from, to] = [(x0 / grid.width) * 800, (x1 / grid.width) * 800];
    const random = randomStream(10, 'beta');
    const sampler = createCropSampler(spec);
    const shares = Array.from({ length: 4000 }, () => {
      const { x } = centreOf(sampler(800, 800, { ...region, heatMap }, random));
      return (x - from) / (to - from);
    });
    expect(Math.min(...shares)).toBeGreaterThan(-0.01);
    expect(Math.max(...shares)).toBeLessThan(1.01);
    const atEdges = shares.filter((share) => share < 0.1 || share > 0.9).length / shares.length;
    expect(atEdges).toBeGreaterThan(0.4);
  });

  it('are at least as salient as the image, as far as tries allow', () => {
    const sampler = createCropSampler({ kind: 'saliency' });
    const random = randomStream(11, 'acceptance');
    const { mean } = TWO_PEAKS.grid(8);
    const scores = Array.from({ length: 500 }, () => cropScore(sampler(320, 240, region, random), 320, 240, region));
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(mean);
    const off = createCropSampler({ kind: 'saliency', acceptance: 'off', tau: 0, scale: [0.05, 0.05] });
    const anywhere = Array.from({ length: 500 }, () => cropScore(off(320, 240, region, random), 320, 240, region));
    expect(Math.min(...anywhere)).toBeLessThan(mean);
  });

  it('have no side shorter than allowed, and are random resized crops, counted, where nothing fits', () => {
    const random = randomStream(12, 'sides');
    const sampler = createCropSampler({ kind: 'saliency', scale: [0.001, 0.05], minSideShare: 0.2 });
    for (let draw = 0; draw < 200; draw++) {
      const tally = emptyTally();
      const crop = sampler(100, 200, region, random, { tally });
      if (tally.fallbacks === 0) expect(Math.min(crop.width, crop.height)).toBeGreaterThanOrEqual(20);
    }
    const tally = emptyTally();
    const tiny = sampleCrop({ kind: 'saliency' }, 6, 6, region, randomStream(0, 'tiny'), { tally });
    expect(tiny.width).toBeLessThan(8);
    expect(tally.fallbacks).toBe(1);
  });

  it('refuse a region without a heat map', () => {
    const spec = { kind: 'saliency' } as const;
    const without = { box: WHOLE, active: true };
    expect(() => sampleCrop(spec, 9, 9, without, randomStream(0, 'x'))).toThrow(/HEAT_MAP_MISSING.*region store/);
    expect(() => sampleCrop(spec, 9, 9, undefined, randomStream(0, 'x'))).toThrow(/REGION_MISSING/);
  });
});

describe('crops in boxes of the heat map', () => {
  it('lie in the salient parts, the more salient one more often', () => {
    const sampler = createCropSampler({ kind: 'boxes', from: 'heat-map' });
    const random = randomStream(13, 'boxes');
    const { boxes } = TWO_PEAKS.components(8, { tau: 0.5, gamma: 1 });
    const [right, left] = [(boxes[2]! / 32) * 320, (boxes[4]! / 32) * 320];
    const sides = Array.from({ length: 200 }, () => {
      const crop = sampler(320, 320, region, random);
      expect(crop.x + crop.width <= right || crop.x >= left).toBe(true);
      return crop.x < 160;
    });
    expect(sides.filter(Boolean).length).toBeGreaterThan(100);
    expect(sides.filter(Boolean).length).toBeLessThan(160);
  });

  it('are random resized crops where the map is uniform or not in use yet', () => {
    const plain = sampleCrop({ kind: 'random-resized', scale: [0.2, 1] }, 64, 48, undefined, randomStream(14, 'x'));
    for (const known of [uniform, { ...region, active: false }]) {
      expect(sampleCrop({ kind: 'boxes', from: 'heat-map' }, 64, 48, known, randomStream(14, 'x'))).toEqual(plain);
    }
  });
});

describe('cropScore', () => {
  it('is the mean saliency of the crop, and exactly 1 where nothing is known', () => {
    const crop = { x: 0, y: 0, width: 160, height: 120 };
    expect(cropScore(crop, 320, 240, region)).toBeGreaterThan(1.5 * TWO_PEAKS.grid(8).mean);
    expect(cropScore({ x: 0, y: 0, width: 320, height: 240 }, 320, 240, region)).toBeCloseTo(
      TWO_PEAKS.grid(8).mean,
      12,
    );
    for (const unknown of [undefined, uniform, { ...region, active: false }, { box: WHOLE, active: true }]) {
      expect(cropScore(crop, 320, 240, unknown)).toBe(1);
    }
  });
});

describe('cropNeeds', () => {
  it('says what each sampler must be told', () => {
    const nothing = { region: false, heatMap: false, boxes: false };
    expect(cropNeeds({ kind: 'random-resized' })).toEqual(nothing);
    expect(cropNeeds({ kind: 'whole' })).toEqual(nothing);
    expect(cropNeeds({ kind: 'module', module: 'x' })).toEqual(nothing);
    expect(cropNeeds({ kind: 'contrastive' })).toEqual({ ...nothing, region: true });
    expect(cropNeeds({ kind: 'contrastive', box: WHOLE })).toEqual(nothing);
    expect(cropNeeds({ kind: 'saliency' })).toEqual({ ...nothing, region: true, heatMap: true });
    expect(cropNeeds({ kind: 'boxes' })).toEqual({ ...nothing, boxes: true });
    expect(cropNeeds({ kind: 'boxes', from: 'heat-map' })).toEqual({ ...nothing, region: true, heatMap: true });
  });
});
