import { join } from 'node:path';
import { findDataset, type ImageDataset, openCoco, openDataset } from '@ssl-scene/datasets';
import { toCocoRuns } from '@ssl-scene/geometry';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { picture } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const BASE = {
  images: [
    { id: 20, file_name: 'b.png', width: 8, height: 6 },
    { id: 3, file_name: 'a.png', width: 8, height: 6 },
    { id: 21, file_name: 'c.png', width: 8, height: 6 },
  ],
  annotations: [
    { id: 1, image_id: 20, category_id: 90, bbox: [1, 1, 2.5, 3], iscrowd: 0, segmentation: [] },
    {
      id: 2,
      image_id: 20,
      category_id: 7,
      bbox: [0, 0, 8, 6],
      iscrowd: 1,
      segmentation: { counts: [0, 48], size: [6, 8] },
    },
    { id: 3, image_id: 21, category_id: 7, bbox: [0, 0, 4, 0], iscrowd: 0 },
    { id: 4, image_id: 21, category_id: 7, bbox: [2, 2, 1, 1] },
  ],
  categories: [
    { id: 90, name: 'toothbrush' },
    { id: 7, name: 'train' },
  ],
};

async function open(json: unknown): Promise<ImageDataset> {
  const content = typeof json === 'string' ? json : JSON.stringify(json);
  const root = temporaryFolder({ 'photos/a.png': await picture('png'), 'instances.json': content });
  return openCoco({ kind: 'coco', images: join(root, 'photos'), annotations: join(root, 'instances.json') });
}

describe('COCO', () => {
  it('orders images and classes by id, and knows sizes without decoding', async () => {
    const dataset = await open(BASE);
    expect([0, 1, 2].map((i) => dataset.id(i))).toEqual(['a.png', 'b.png', 'c.png']);
    expect(dataset.classNames).toEqual(['train', 'toothbrush']);
    expect(dataset.size?.(1)).toEqual({ width: 8, height: 6 });
    expect((await dataset.pixels(0)).width).toBe(8);
    await expect(dataset.pixels(1)).rejects.toMatchObject({ code: 'UNREADABLE_FILE' });
  });

  it('turns boxes into edges, marks crowds, and lists the classes of the others', async () => {
    const dataset = await open(BASE);
    expect(dataset.boxes?.(1)).toEqual([
      { x0: 1, y0: 1, x1: 3.5, y1: 4, label: 1 },
      { x0: 0, y0: 0, x1: 8, y1: 6, label: 0, crowd: true },
    ]);
    expect([dataset.label(1), dataset.labels?.(1)]).toEqual([-1, [1]]);
  });

  it('D20: keeps images without objects, and those with crowds only', async () => {
    const crowd = { ...BASE, annotations: [BASE.annotations[1]] };
    for (const dataset of [await open(BASE), await open(crowd)]) {
      expect(dataset.length).toBe(3);
      expect([dataset.boxes?.(0), dataset.labels?.(0)]).toEqual([[], []]);
    }
    expect((await open(crowd)).labels?.(1)).toEqual([]);
    const { annotations: _, ...unannotated } = BASE;
    expect((await open(unannotated)).length).toBe(3);
  });

  it('D23 and A20: needs no segmentation, and counts boxes without area', async () => {
    const dataset = await open(BASE);
    expect(dataset.boxes?.(2)).toEqual([{ x0: 2, y0: 2, x1: 3, y1: 3, label: 0 }]);
    expect(dataset.warnings).toEqual(['1 annotations without a box of some area were left out.']);
  });

  it('D22 and D23: makes masks of polygons, of runs of both kinds, and of boxes', async () => {
    const object = (id: number, segmentation: unknown) => ({
      id,
      image_id: 3,
      category_id: 7,
      bbox: [2, 1, 3, 2],
      ...(segmentation === undefined ? {} : { segmentation }),
    });
    // Columns of six pixels: two empty ones, then rows 1 and 2 of three more.
    const counts = [13, 2, 4, 2, 4, 2, 21];
    const forms = [
      [[2, 1, 5, 1, 5, 3, 2, 3]],
      { size: [6, 8], counts },
      toCocoRuns({ width: 8, height: 6, counts: Uint32Array.from(counts) }),
      undefined,
    ];
    for (const form of forms) {
      const dataset = await open({ ...BASE, annotations: [object(1, form)] });
      const { width, height, data } = (await dataset.mask?.(0))!;
      expect([width, height]).toEqual([8, 6]);
      const expected = Array.from({ length: 48 }, (_, i) => {
        const [x, y] = [i % 8, Math.floor(i / 8)];
        return x >= 2 && x < 5 && y >= 1 && y < 3 ? 1 : 0;
      });
      expect([...data]).toEqual(expected);
    }
  });

  it('refuses outlines and sizes that cannot be', async () => {
    const withSegmentation = async (segmentation: unknown, image = {}) =>
      await open({
        ...BASE,
        images: [{ ...BASE.images[1], ...image }],
        annotations: [{ id: 1, image_id: 3, category_id: 7, bbox: [0, 0, 2, 2], segmentation }],
      });
    const shapes = [5, 'text', {}, { counts: [1] }, { counts: 5, size: [6, 8] }, [[1, 2, 'x']], [[1e9, 0, 1, 1, 2, 2]]];
    for (const shape of shapes) {
      const dataset = await withSegmentation(shape);
      await expect(async () => await dataset.mask?.(0)).rejects.toThrowError(
        /BAD_ANNOTATION.*polygons, or runs with counts and size.*annotations\[0\]\.segmentation/,
      );
    }
    for (const image of [{ width: 1e9 }, { height: 2.5 }, { width: -1 }]) {
      const dataset = await withSegmentation([], image);
      await expect(async () => await dataset.mask?.(0)).rejects.toThrowError(/BAD_ANNOTATION.*the size of a\.png/);
    }
  });

  it('puts the smaller of two objects in front', async () => {
    const annotations = [
      { id: 1, image_id: 3, category_id: 7, bbox: [1, 1, 2, 2] },
      { id: 2, image_id: 3, category_id: 7, bbox: [0, 0, 8, 6] },
    ];
    const { data } = (await (await open({ ...BASE, annotations })).mask?.(0))!;
    expect([data[0], data[9], data[18], data[47]]).toEqual([2, 1, 1, 2]);
  });

  it('names the place of what is wrong', async () => {
    const broken = (change: (json: typeof BASE) => void): unknown => {
      const json = structuredClone(BASE);
      change(json);
      return json;
    };
    const cases: [unknown, RegExp][] = [
      ['{"images": [', /BAD_ANNOTATION: expected JSON/],
      ['[]', /BAD_ANNOTATION.*an object.*the whole file/],
      [broken((json) => Object.assign(json, { images: 3 })), /a list.*images\)/],
      [broken((json) => Object.assign(json, { images: [], annotations: [] })), /at least one image/],
      [broken((json) => Object.assign(json.images[1]!, { width: '8' })), /a number.*images\[1\]\.width/],
      [broken((json) => Object.assign(json.images[2]!, { file_name: 5 })), /a text.*images\[2\]\.file_name/],
      [broken((json) => Object.assign(json.annotations[0]!, { image_id: 4 })), /the id of an image.*found 4/],
      [broken((json) => Object.assign(json.annotations[0]!, { category_id: 4 })), /the id of a category.*found 4/],
      [broken((json) => Object.assign(json.annotations[0]!, { bbox: [1, 2, 3] })), /annotations\[0\]\.bbox/],
      [broken((json) => Object.assign(json.annotations[0]!, { bbox: [1, 2, 3, null] })), /bbox\[3\]/],
    ];
    for (const [json, message] of cases) await expect(open(json)).rejects.toThrowError(message);
  });
});

const real = sharedData('coco-mini');

describe.skipIf(real === undefined)('the real COCO photos (needs shared/data)', () => {
  it('are 188 with 1,692 objects, 20 of them crowds, in sizes that agree with the files', async () => {
    const dataset = await openDataset({
      kind: 'coco',
      images: join(real!, 'val2017'),
      annotations: join(real!, 'annotations/instances_val2017.json'),
    });
    const boxes = Array.from({ length: dataset.length }, (_, i) => dataset.boxes!(i));
    expect([dataset.length, dataset.classNames?.length]).toEqual([188, 80]);
    expect(boxes.flat().length).toBe(1692);
    expect(boxes.flat().filter((box) => box.crowd).length).toBe(20);
    expect(boxes.filter((list) => list.length === 0).length).toBe(2);
    for (let i = 0; i < dataset.length; i += 40) {
      const { width, height } = await dataset.pixels(i);
      expect({ width, height }).toEqual(dataset.size!(i));
      const owners = new Set((await dataset.mask!(i))!.data);
      owners.delete(0);
      expect(Math.max(...owners)).toBeLessThanOrEqual(boxes[i]!.length);
      expect(owners.size).toBeGreaterThan(boxes[i]!.length / 2);
    }
    dataset.close?.();
  });
});

const reduced = sharedData('coco-mini-320');

describe.skipIf(reduced === undefined)('the real COCO photos made smaller (need shared/data)', () => {
  it.each([
    ['train', 195, 1857, 22],
    ['test', 120, 1121, 13],
  ] as const)('%s: %i images, %i objects, %i crowds', async (split, images, objects, crowds) => {
    const dataset = await openDataset(findDataset(reduced!, { split }));
    const boxes = Array.from({ length: dataset.length }, (_, i) => dataset.boxes!(i));
    expect([dataset.length, boxes.flat().length]).toEqual([images, objects]);
    expect(boxes.flat().filter((box) => box.crowd).length).toBe(crowds);
    expect(boxes.filter((list) => list.length === 0).length).toBe(2);
    const { width, height } = await dataset.pixels(7);
    expect({ width, height }).toEqual(dataset.size!(7));
    dataset.close?.();
  });
});
