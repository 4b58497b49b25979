import { openDataset } from '@ssl-scene/datasets';
import { openSyntheticScenes, SPRITE_CATALOG, sceneStatistics } from '@ssl-scene/synthetic-scenes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutScene } from '../src/scene-layout.ts';
import { resolveSceneOptions } from '../src/scene-options.ts';
import { loadSprite } from '../src/sprite.ts';

const sum = (data: Uint8Array): number => data.reduce((total, value) => total + value, 0);

describe('synthetic scenes', () => {
  it('depend on options and index only, whatever was asked before', async () => {
    const first = await openSyntheticScenes({ images: 50 });
    const second = await openSyntheticScenes({ images: 60 });
    for (const index of [7, 3, 49, 0, 7]) second.pixels(index);
    for (const index of [0, 3, 7, 49]) {
      expect(second.pixels(index)).toEqual(first.pixels(index));
      expect(second.boxes(index)).toEqual(first.boxes(index));
      expect(second.mask(index)).toEqual(first.mask(index));
    }
  });

  it('differ with index, seed and split', async () => {
    const scenes = await openSyntheticScenes();
    const other = await openSyntheticScenes({ seed: 1 });
    const single = await openSyntheticScenes({ split: 'single-object' });
    const sums = [scenes.pixels(0), scenes.pixels(1), other.pixels(0), single.pixels(0)].map(({ data }) => sum(data));
    expect(new Set(sums).size).toBe(4);
  });

  it('reopen through their source, in plain data', async () => {
    const scenes = await openSyntheticScenes({ images: 5, size: 32, seed: 3 });
    const source = structuredClone(scenes.source);
    const again = await openDataset(source);
    expect(again.length).toBe(5);
    expect(await again.pixels(4)).toEqual(scenes.pixels(4));
    expect(again.classNames).toEqual(scenes.classNames);
  });

  it('have boxes that are the smallest around their masks', async () => {
    const statistics = sceneStatistics(await openSyntheticScenes({ images: 60 }));
    expect([statistics.images, statistics.looseBoxes]).toEqual([60, 0]);
    expect(statistics.objects).toBe(statistics.objectsPerClass.reduce((a, b) => a + b, 0));
  });

  it('have a background with edges as strong as those of the objects', async () => {
    const { objectEdges, backgroundEdges } = sceneStatistics(await openSyntheticScenes({ images: 150 }));
    expect(backgroundEdges / objectEdges).toBeGreaterThan(0.8);
    expect(backgroundEdges / objectEdges).toBeLessThan(1.25);
    const calm = sceneStatistics(await openSyntheticScenes({ images: 30, clutter: 0 }));
    expect(calm.backgroundEdges / calm.objectEdges).toBeLessThan(0.2);
  });

  it('hold 2 to 4 different objects of the sizes asked for', async () => {
    const scenes = await openSyntheticScenes({ images: 80, rotation: 0, occlusion: 0 });
    for (let i = 0; i < scenes.length; i++) {
      const boxes = scenes.boxes(i);
      expect(boxes.length).toBeGreaterThanOrEqual(2);
      expect(boxes.length).toBeLessThanOrEqual(4);
      expect(scenes.labels(i)).toEqual([...new Set(boxes.map((box) => box.label))].sort((a, b) => a - b));
      expect(scenes.labels(i).length).toBe(boxes.length);
      expect(scenes.label(i)).toBe(-1);
      for (const { x0, y0, x1, y1 } of boxes) {
        const side = Math.max(x1 - x0, y1 - y0) / 64;
        // A pixel at either end may be less than half covered.
        expect(side).toBeGreaterThan(0.22 - 2 / 64);
        expect(side).toBeLessThan(0.42 + 2 / 64);
      }
    }
    const counts = sceneStatistics(scenes).objectsPerImage;
    expect(Math.min(counts[2]!, counts[3]!, counts[4]!)).toBeGreaterThan(10);
  });

  it.each([0, 0.3])('hide at most %f of an object', async (occlusion) => {
    const options = resolveSceneOptions({ objects: [5, 5], occlusion, size: 96 });
    const entries = SPRITE_CATALOG.slice(0, options.classes);
    const sprites = await Promise.all(entries.map((entry) => loadSprite(entry, 60)));
    let hidden = 0;
    for (let index = 0; index < 60; index++) {
      const { objects, owners } = layOutScene(options, sprites, index);
      for (const [k, { stamp }] of objects.entries()) {
        const visible = owners.filter((owner) => owner === k + 1).length;
        expect(visible).toBeLessThanOrEqual(stamp.solidX.length);
        expect(visible).toBeGreaterThanOrEqual((1 - occlusion) * stamp.solidX.length);
        if (visible < stamp.solidX.length) hidden++;
      }
    }
    expect(hidden > 20).toBe(occlusion > 0);
  });

  it('show one labelled object in the test split, classes in turn', async () => {
    const single = await openSyntheticScenes({ split: 'single-object', images: 45 });
    for (let i = 0; i < 45; i++) {
      expect(single.label(i)).toBe(i % 20);
      expect(single.boxes(i).map((box) => box.label)).toEqual([i % 20]);
    }
    expect(sceneStatistics(single).meanBoxSide).toBeGreaterThan(0.5);
  });

  it('give memory that belongs to the caller', async () => {
    const scenes = await openSyntheticScenes();
    const [pixels, mask] = [scenes.pixels(2), scenes.mask(2)];
    const [pixelSum, maskSum] = [sum(pixels.data), sum(mask.data)];
    pixels.data.fill(0);
    mask.data.fill(0);
    expect([sum(scenes.pixels(2).data), sum(scenes.mask(2).data)]).toEqual([pixelSum, maskSum]);
  });

  it('come in any size, with all classes, upright or rectangular', async () => {
    const scenes = await openSyntheticScenes({ size: [96, 48], classes: SPRITE_CATALOG.length, images: 4 });
    const { width, height, data } = scenes.pixels(3);
    expect([width, height, data.length, scenes.size(3)]).toEqual([96, 48, 96 * 48 * 3, { width: 96, height: 48 }]);
    expect(scenes.classNames.length).toBe(74);
  });

  it('keep object pixels in the colours of the drawing where colours do not vary', async () => {
    const options = {
      split: 'single-object',
      clutter: 0,
      colourVariation: 0,
      rotation: 0,
      classes: 1,
      images: 3,
    } as const;
    const apples = await openSyntheticScenes(options);
    // The apple of the set is filled with #DD2E44; most of its pixels must show exactly that.
    const { data } = apples.pixels(0);
    const mask = apples.mask(0).data;
    let [red, all] = [0, 0];
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      all++;
      if (data[3 * i] === 0xdd && data[3 * i + 1] === 0x2e && data[3 * i + 2] === 0x44) red++;
    }
    expect(red / all).toBeGreaterThan(0.6);
  });

  it('place objects over the whole image', async () => {
    const scenes = await openSyntheticScenes({ images: 150 });
    const cells = new Uint32Array(8 * 8);
    const sides = { left: 0, top: 0, right: 0, bottom: 0 };
    for (let i = 0; i < scenes.length; i++) {
      for (const [p, owner] of scenes.mask(i).data.entries()) {
        if (owner > 0) cells[8 * Math.floor(p / 64 / 8) + Math.floor((p % 64) / 8)]!++;
      }
      for (const { x0, y0, x1, y1 } of scenes.boxes(i)) {
        if (x0 === 0) sides.left++;
        if (y0 === 0) sides.top++;
        if (x1 === 64) sides.right++;
        if (y1 === 64) sides.bottom++;
      }
    }
    expect(Math.min(...cells)).toBeGreaterThan(0);
    expect(Math.min(...Object.values(sides))).toBeGreaterThan(0);
  });
});

describe('options', () => {
  it('refuse what is out of range and suggest the right name', async () => {
    const cases: [object, RegExp][] = [
      [{ objcts: [1, 2] }, /UNKNOWN_OPTION.*Did you mean "objects"/],
      [{ classes: 75 }, /BAD_OPTION.*1 to 74.*75/],
      [{ classes: 0 }, /BAD_OPTION/],
      [{ images: 0 }, /BAD_OPTION.*images/],
      [{ seed: -1 }, /BAD_OPTION.*seed/],
      [{ size: 4 }, /BAD_OPTION.*size/],
      [{ objects: [3, 2] }, /BAD_OPTION.*objects/],
      [{ objectSize: [0.4, 0.2] }, /BAD_OPTION.*objectSize/],
      [{ objectSize: [0.01, 0.2] }, /BAD_OPTION.*4 pixels/],
      [{ rotation: 181 }, /BAD_OPTION.*rotation/],
      [{ occlusion: 2 }, /BAD_OPTION.*occlusion/],
      [{ clutter: Number.NaN }, /BAD_OPTION.*clutter/],
      [{ split: 'test' }, /BAD_OPTION.*split/],
    ];
    for (const [options, message] of cases) await expect(openSyntheticScenes(options)).rejects.toThrowError(message);
  });

  it('name the scene where the objects do not fit', async () => {
    const scenes = await openSyntheticScenes({ objects: [9, 9], objectSize: [0.6, 0.6], occlusion: 0 });
    expect(() => scenes.boxes(4)).toThrowError(/SCENE_TOO_CROWDED.*scene 4/);
  });

  it('refuse indices that are not there', async () => {
    const scenes = await openSyntheticScenes({ images: 3 });
    for (const index of [-1, 3, 1.5]) {
      for (const read of ['pixels', 'boxes', 'mask', 'id', 'label', 'labels'] as const) {
        expect(() => scenes[read](index)).toThrowError(/INDEX_OUT_OF_RANGE/);
      }
    }
  });

  it('make scenes of every accepted kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.tuple(fc.integer({ min: 24, max: 80 }), fc.integer({ min: 24, max: 80 })),
          classes: fc.integer({ min: 1, max: 6 }),
          objectSize: fc.constantFrom<[number, number]>([0.2, 0.3], [0.3, 0.45]),
          rotation: fc.integer({ min: 0, max: 180 }),
          clutter: fc.double({ min: 0, max: 1, noNaN: true }),
          seed: fc.nat(),
        }),
        async (options) => {
          const scenes = await openSyntheticScenes({ ...options, objects: [1, 3], occlusion: 0.5 });
          expect(sceneStatistics(scenes, [0, 1]).looseBoxes).toBe(0);
        },
      ),
      { numRuns: 15 },
    );
  });
});
