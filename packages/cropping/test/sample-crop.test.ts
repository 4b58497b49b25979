import {
  type CropRegion,
  type CropSpec,
  type CropTally,
  checkCropSpec,
  createCropSampler,
  drawCropSize,
  fallbackCrop,
  sampleCrop,
} from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const emptyTally = (): CropTally => ({ fallbacks: 0, droppedBoxes: 0, imagesWithoutBox: 0 });

const region: CropRegion = {
  box: { x0: 0.2, y0: 0.3, x1: 0.6, y1: 0.5 },
  active: true,
  boxes: [
    { x0: 0, y0: 0, x1: 0.25, y1: 0.5 },
    { x0: 0.5, y0: 0.5, x1: 1, y1: 0.75 },
  ],
};

const specs: readonly CropSpec[] = [
  { kind: 'random-resized' },
  { kind: 'contrastive' },
  { kind: 'contrastive', alpha: 0.1 },
  { kind: 'contrastive', ratio: [0.1, 10], tries: 1, fallback: 'box' },
  { kind: 'contrastive', box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 } },
  { kind: 'boxes' },
  { kind: 'boxes', margin: 0.3 },
  { kind: 'whole' },
];

describe('sampleCrop', () => {
  it('always gives whole pixels inside the image, with an area', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...specs),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 0, max: 1000 }),
        (spec, width, height, seed) => {
          const crop = sampleCrop(spec, width, height, region, randomStream(seed, 'crop'));
          expect(Object.values(crop).every(Number.isInteger)).toBe(true);
          expect(crop.x >= 0 && crop.y >= 0 && crop.width > 0 && crop.height > 0).toBe(true);
          expect(crop.x + crop.width <= width && crop.y + crop.height <= height).toBe(true);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('is a pure function of its stream', () => {
    for (const spec of specs) {
      const twice = [0, 1].map(() => sampleCrop(spec, 64, 48, region, randomStream(3, 'crop', 5)));
      expect(twice[0]).toEqual(twice[1]);
    }
  });

  it('draws the same crops as a prepared sampler', () => {
    for (const spec of specs) {
      const prepared = createCropSampler(spec)(64, 48, region, randomStream(4, 'crop'));
      expect(prepared).toEqual(sampleCrop(spec, 64, 48, region, randomStream(4, 'crop')));
    }
  });

  it('A02: takes the centred crop, and counts it, where no size fits', () => {
    const tally = emptyTally();
    const spec: CropSpec = { kind: 'random-resized', ratio: [100, 100] };
    const crop = sampleCrop(spec, 32, 32, undefined, randomStream(0, 'crop'), { tally });
    expect(crop).toEqual(fallbackCrop(32, 32, [100, 100]));
    expect(tally.fallbacks).toBe(1);
  });

  it('A02: so do contrastive crops, whatever the box', () => {
    const tally = emptyTally();
    const spec: CropSpec = { kind: 'contrastive', ratio: [100, 100] };
    const crop = sampleCrop(spec, 32, 32, region, randomStream(0, 'crop'), { tally });
    expect(crop).toEqual(fallbackCrop(32, 32, [100, 100]));
    expect(tally.fallbacks).toBe(1);
  });

  it('A06: limits each side by its own axis (10 wide, 100 high)', () => {
    const random = randomStream(6, 'crop');
    const crops = Array.from({ length: 500 }, () =>
      sampleCrop({ kind: 'random-resized', scale: [0.05, 1], ratio: [0.1, 1] }, 10, 100, undefined, random),
    );
    expect(Math.max(...crops.map((crop) => crop.width))).toBe(10);
    expect(Math.max(...crops.map((crop) => crop.height))).toBeGreaterThan(60);
    expect(Math.max(...crops.map((crop) => crop.y + crop.height))).toBeGreaterThan(90);
  });

  it('tries as often as asked', () => {
    const rule = { scale: [1e6, 1e6], ratio: [0.5, 2] } as const;
    const random = randomStream(0, 'tries');
    expect(drawCropSize(10, 10, { ...rule, tries: 3 }, random)).toBeUndefined();
    const reference = randomStream(0, 'tries');
    for (let draw = 0; draw < 3; draw++) reference.uniform();
    expect(random.uniform()).toBe(reference.uniform());
  });
});

describe('contrastive crops', () => {
  it('are plain random resized crops while the region is not active', () => {
    const inactive = { ...region, active: false };
    const contrastive = sampleCrop({ kind: 'contrastive' }, 64, 48, inactive, randomStream(7, 'crop'));
    const plain = sampleCrop({ kind: 'random-resized', scale: [0.2, 1] }, 64, 48, undefined, randomStream(7, 'crop'));
    expect(contrastive).toEqual(plain);
  });

  it('keep their centre in the box where the edges of the image allow it', () => {
    const random = randomStream(8, 'crop');
    const sampler = createCropSampler({ kind: 'contrastive', scale: [0.01, 0.02] });
    for (let draw = 0; draw < 1000; draw++) {
      const crop = sampler(200, 100, region, random);
      const x = crop.x + Math.floor(crop.width / 2);
      const y = crop.y + Math.floor(crop.height / 2);
      expect(x >= 40 && x <= 120 && y >= 30 && y <= 50).toBe(true);
    }
  });

  it('centre on a box without area, which a heat map with one active pixel gives', () => {
    const point = { box: { x0: 0.5, y0: 0.25, x1: 0.5, y1: 0.25 }, active: true };
    const tally = emptyTally();
    const crop = sampleCrop({ kind: 'contrastive', scale: [0.1, 0.1] }, 80, 80, point, randomStream(1, 'crop'), {
      tally,
    });
    expect(crop.x + Math.floor(crop.width / 2)).toBe(40);
    expect(crop.y + Math.floor(crop.height / 2)).toBe(20);
    expect(tally).toEqual(emptyTally());
  });

  it('with a box of their own need no region: SimCCrop, and centre suppression without localisation', () => {
    for (const box of [
      { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 },
      { x0: 0, y0: 0, x1: 1, y1: 1 },
    ]) {
      const own = sampleCrop({ kind: 'contrastive', box }, 64, 48, undefined, randomStream(15, 'crop'));
      const known = sampleCrop({ kind: 'contrastive' }, 64, 48, { box, active: true }, randomStream(15, 'crop'));
      expect(own).toEqual(known);
    }
  });

  it('fall back into the box where asked', () => {
    const spec: CropSpec = { kind: 'contrastive', ratio: [4, 4], scale: [0.9, 1], fallback: 'box' };
    const tally = emptyTally();
    const crop = sampleCrop(spec, 40, 400, region, randomStream(0, 'crop'), { tally });
    expect({ width: crop.width, height: crop.height }).toEqual({ width: 40, height: 10 });
    expect(crop.y + 5).toBeGreaterThanOrEqual(120);
    expect(crop.y + 5).toBeLessThanOrEqual(200);
    expect(tally.fallbacks).toBe(1);
  });

  it('use the box that SimCCrop starts with like any other', () => {
    const initial = { box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 }, active: true };
    const random = randomStream(9, 'crop');
    const sampler = createCropSampler({ kind: 'contrastive', scale: [0.05, 0.05], ratio: [1, 1] });
    const centres = Array.from({ length: 500 }, () => {
      const crop = sampler(100, 100, initial, random);
      return crop.x + Math.floor(crop.width / 2);
    });
    expect(Math.min(...centres)).toBe(25);
    // The last column needs a share of exactly 1, which Beta(0.6, 0.6) hardly ever gives.
    expect(Math.max(...centres)).toBe(74);
  });

  it('A20: take the whole image, and count it, where the box is inverted', () => {
    const tally = emptyTally();
    const inverted = { box: { x0: 0.6, y0: 0.2, x1: 0.3, y1: 0.4 }, active: true };
    const crop = sampleCrop({ kind: 'contrastive' }, 64, 48, inverted, randomStream(2, 'crop'), { tally });
    const plain = sampleCrop({ kind: 'random-resized', scale: [0.2, 1] }, 64, 48, undefined, randomStream(2, 'crop'));
    expect(crop).toEqual(plain);
    expect(tally).toEqual({ fallbacks: 0, droppedBoxes: 1, imagesWithoutBox: 1 });
  });

  it('leave the image only with legacyClamp', () => {
    const corner = { box: { x0: 0.9, y0: 0.9, x1: 1, y1: 1 }, active: true };
    const outside = (legacyClamp: boolean): number => {
      const random = randomStream(10, 'crop');
      const sampler = createCropSampler({ kind: 'contrastive', legacyClamp });
      let count = 0;
      for (let draw = 0; draw < 500; draw++) {
        const crop = sampler(64, 64, corner, random);
        if (crop.x + crop.width > 64 || crop.y + crop.height > 64) count++;
      }
      return count;
    };
    expect(outside(false)).toBe(0);
    expect(outside(true)).toBeGreaterThan(100);
  });
});

describe('crops in boxes', () => {
  const inside = (crop: { x: number; y: number; width: number; height: number }, index: number): boolean => {
    const { x0, y0, x1, y1 } = region.boxes![index]!;
    return crop.x >= x0 * 80 && crop.y >= y0 * 80 && crop.x + crop.width <= x1 * 80 && crop.y + crop.height <= y1 * 80;
  };

  it('lie in one of the boxes, each as often', () => {
    const random = randomStream(11, 'crop');
    const counts = [0, 0];
    for (let draw = 0; draw < 1000; draw++) {
      const crop = sampleCrop({ kind: 'boxes' }, 80, 80, region, random);
      const which = [0, 1].filter((index) => inside(crop, index));
      expect(which).toHaveLength(1);
      counts[which[0]!]!++;
    }
    expect(Math.abs(counts[0]! - 500)).toBeLessThan(70);
  });

  it('show the same object in all views that share a stream', () => {
    for (let image = 0; image < 50; image++) {
      const crops = ['a', 'b', 'c'].map((view) =>
        sampleCrop({ kind: 'boxes' }, 80, 80, region, randomStream(0, 'view', image, view), {
          shared: randomStream(0, 'image', image),
        }),
      );
      const objects = crops.map((crop) => [0, 1].findIndex((index) => inside(crop, index)));
      expect(new Set(objects).size).toBe(1);
      expect(new Set(crops.map((crop) => JSON.stringify(crop))).size).toBeGreaterThan(1);
    }
  });

  it('are random resized crops of the image, and counted, where there is no usable box', () => {
    const tally = emptyTally();
    const bad = { ...region, boxes: [{ x0: 0.5, y0: 0, x1: 0.5, y1: 1 }] };
    const crop = sampleCrop({ kind: 'boxes' }, 64, 48, bad, randomStream(12, 'crop'), { tally });
    const plain = sampleCrop({ kind: 'random-resized', scale: [0.2, 1] }, 64, 48, undefined, randomStream(12, 'crop'));
    expect(crop).toEqual(plain);
    expect(tally).toEqual({ fallbacks: 0, droppedBoxes: 1, imagesWithoutBox: 1 });
  });
});

describe('bad input', () => {
  const random = randomStream(0, 'bad');

  it.each([
    [{ kind: 'contrastve' }, /UNKNOWN_KIND.*Did you mean contrastive/],
    [{ kind: 'random-resized', scal: [0.1, 1] }, /UNKNOWN_OPTION.*Did you mean scale/],
    [{ kind: 'whole', scale: [0.1, 1] }, /UNKNOWN_OPTION.*no option/],
    [{ kind: 'random-resized', scale: [1, 0.1] }, /BAD_VALUE.*low <= high/],
    [{ kind: 'random-resized', scale: [0, 1] }, /BAD_VALUE/],
    [{ kind: 'random-resized', ratio: [Number.NaN, 1] }, /BAD_VALUE/],
    [{ kind: 'random-resized', tries: 2.5 }, /BAD_VALUE.*whole/],
    [{ kind: 'contrastive', alpha: 0 }, /BAD_VALUE.*positive/],
    [{ kind: 'contrastive', legacyClamp: 'yes' }, /BAD_VALUE.*true or false/],
    [{ kind: 'boxes', margin: -1 }, /BAD_VALUE/],
    [{ kind: 'boxes', from: 'heatmap' }, /BAD_VALUE.*labels or heat-map/],
    [{ kind: 'contrastive', fallback: 'whole' }, /BAD_VALUE.*centre or box/],
    [{ kind: 'contrastive', box: { x0: 0.5, y0: 0, x1: 0.4, y1: 1 } }, /BAD_VALUE.*x0 <= x1/],
    [{ kind: 'contrastive', box: [0, 0, 1, 1] }, /BAD_VALUE/],
    [{ kind: 'saliency', slot: -1 }, /BAD_VALUE.*whole/],
    [{ kind: 'saliency', tau: 1.5 }, /BAD_VALUE.*0 to 1/],
    [{ kind: 'saliency', grid: 0 }, /BAD_VALUE/],
    [{ kind: 'saliency', gama: 1 }, /UNKNOWN_OPTION.*Did you mean gamma/],
    [{ kind: 'saliency', acceptance: 'max' }, /BAD_VALUE.*mean or off/],
    [{ kind: 'saliency', centreBeta: 0 }, /BAD_VALUE.*positive/],
    [{ kind: 'module' }, /BAD_VALUE.*module/],
    [{ kind: 'module', module: './mine.js' }, /BAD_VALUE.*file URL/],
    [{}, /UNKNOWN_KIND.*undefined/],
    ['random-resized', /BAD_VALUE.*object/],
    [null, /BAD_VALUE.*object/],
  ])('%j', (spec, message) => {
    expect(() => checkCropSpec(spec, 'views.a.crop')).toThrow(message);
    expect(() => checkCropSpec(spec, 'views.a.crop')).toThrow(/views\.a\.crop/);
  });

  it('an image without pixels', () => {
    expect(() => sampleCrop({ kind: 'whole' }, 0, 5, undefined, random)).toThrow(/BAD_SIZE.*0 x 5/);
    expect(() => sampleCrop({ kind: 'random-resized' }, 5, 2.5, undefined, random)).toThrow(/BAD_SIZE/);
  });

  it('a sampler that needs a region and gets none', () => {
    expect(() => sampleCrop({ kind: 'contrastive' }, 5, 5, undefined, random)).toThrow(/REGION_MISSING.*contrastive/);
    expect(() => sampleCrop({ kind: 'boxes' }, 5, 5, undefined, random)).toThrow(/REGION_MISSING.*boxes/);
  });

  it('a module that was not loaded', () => {
    expect(() => sampleCrop({ kind: 'module', module: 'x' }, 5, 5, undefined, random)).toThrow(
      /MODULE_NOT_LOADED.*loadCropSampler/,
    );
  });
});
