import { join } from 'node:path';
import { moCo } from '@ssl-scene/frameworks';
import { RegionStore } from '@ssl-scene/regions';
import { tf, useBackend } from '@ssl-scene/tensors';
import {
  createTrainer,
  listCheckpoints,
  type RefreshEvent,
  type RegionOptions,
  readCheckpointFolder,
} from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { regionSchedule } from '../src/region-schedule.ts';
import { newFolders } from './new-folders.ts';
import { stoppedAfter, tinyBackbone, tinyFramework, tinyOptions, tinyPlan } from './tiny-run.ts';

const newFolder = newFolders();
beforeAll(async () => void (await useBackend({ backend: 'wasm' })), 60_000);

async function newest(folder: string): Promise<Readonly<Record<string, Uint8Array>>> {
  return (await readCheckpointFolder(listCheckpoints(join(folder, 'checkpoints')).at(-1)!)).files;
}

function refreshesOf(): { events: RefreshEvent[]; hooks: { onRefresh: (event: RefreshEvent) => void } } {
  const events: RefreshEvent[] = [];
  return { events, hooks: { onRefresh: (event) => void events.push(event) } };
}

describe('the schedule of regions', () => {
  it('of a network is ContrastiveCrop’s, a fifth of the run by default', () => {
    expect(regionSchedule({ size: 8 }, 20)).toEqual({ atStart: false, after: [3, 7, 11, 15], useFrom: 4 });
    expect(regionSchedule({ size: 8, warmup: 1, interval: 2 }, 5)).toEqual({
      atStart: false,
      after: [1, 3],
      useFrom: 1,
    });
  });

  it('of maps that cannot change is one pass before the first step, unless they are never used', () => {
    const source = 'minimum-barrier';
    expect(regionSchedule({ size: 8, source }, 20)).toEqual({ atStart: true, after: [], useFrom: 0 });
    expect(regionSchedule({ size: 8, source, warmup: 3 }, 20)).toMatchObject({ atStart: true, useFrom: 3 });
    expect(regionSchedule({ size: 8, source, warmup: 20 }, 20)).toMatchObject({ atStart: false });
  });
});

describe('regions', () => {
  it('by colours alone: one pass before the first step; a stopped run goes on to the same bytes without another', async () => {
    const regions: RegionOptions = {
      source: 'colour-distribution',
      size: 16,
      threshold: 'otsu',
      heatMaps: true,
      mapSize: 4,
    };
    const plan = tinyPlan('contrastive');
    const { events, hooks } = refreshesOf();
    const [whole, parted] = [newFolder(), newFolder()];
    await createTrainer(tinyOptions({ plan, regions, outDir: whole, hooks })).run();
    expect(events.map(({ epoch, step, images }) => [epoch, step, images])).toEqual([[-1, 0, 34]]);
    await createTrainer(stoppedAfter(6, { plan, regions, outDir: parted })).run();
    await createTrainer(tinyOptions({ plan, regions, outDir: parted, hooks })).run({ resume: true });
    expect(events).toHaveLength(1);
    expect(await newest(parted)).toEqual(await newest(whole));
  }, 60_000);

  it('of the moving average and of a network that stays as it is', async () => {
    const framework = moCo({ backbone: tinyBackbone(), dimension: 16, queueLength: 20 });
    const plan = tinyPlan('contrastive');
    const { events, hooks } = refreshesOf();
    const average: RegionOptions = {
      size: 16,
      network: 'average',
      flip: true,
      scales: [1, 1.5],
      warmup: 1,
      interval: 1,
    };
    await createTrainer(tinyOptions({ framework, plan, regions: average, hooks })).run();
    expect(events.map(({ epoch }) => epoch)).toEqual([0, 1]);
    const { params, buffers } = tinyFramework().initialise(3);
    const own = (tensors: object): [string, tf.Tensor][] =>
      Object.entries(tensors)
        .filter(([name]) => name.startsWith('backbone.'))
        .map(([name, tensor]) => [name.slice('backbone.'.length), tensor as tf.Tensor]);
    const variables = { params: Object.fromEntries(own(params)), buffers: Object.fromEntries(own(buffers)) };
    const network = { backbone: tinyBackbone(), variables };
    const again = refreshesOf();
    await createTrainer(
      tinyOptions({ plan, regions: { size: 16, network, heatMaps: true }, hooks: again.hooks }),
    ).run();
    expect(again.events.map(({ epoch }) => epoch)).toEqual([-1]);
    expect(again.events[0]!.salientParts).toBeGreaterThan(0);
    tf.dispose([params, buffers]);
  }, 60_000);

  it('of MoCo’s average differ from those of its network once it has moved', async () => {
    const boxesOf = async (network: 'online' | 'average'): Promise<Uint8Array> => {
      const framework = moCo({ backbone: tinyBackbone(), dimension: 16, queueLength: 20 });
      const outDir = newFolder();
      const regions: RegionOptions = { size: 16, network, warmup: 1, interval: 1, heatMaps: true };
      await createTrainer(tinyOptions({ framework, regions, plan: tinyPlan('contrastive'), outDir })).run();
      return (await newest(outDir))['regions.safetensors']!;
    };
    expect(await boxesOf('average')).not.toEqual(await boxesOf('online'));
  }, 60_000);

  it('warn about what is looked at: boxes, or heat maps', async () => {
    const warningsOf = async (plan: ReturnType<typeof tinyPlan>): Promise<readonly string[]> => {
      const { events, hooks } = refreshesOf();
      const regions: RegionOptions = { source: 'minimum-barrier', size: 16, threshold: 0, heatMaps: true };
      await createTrainer(tinyOptions({ plan, regions, hooks, epochs: 1 })).run();
      return events[0]!.warnings;
    };
    const salient = tinyPlan().views.map((view) => ({ ...view, crop: { kind: 'saliency' } as const }));
    expect((await warningsOf(tinyPlan('contrastive'))).join()).toMatch(/boxes cover 9\d %|boxes cover 100 %/);
    expect((await warningsOf({ views: salient })).join()).not.toMatch(/boxes cover/);
  }, 60_000);

  it.each<[object, RegExp]>([
    [{ source: 'minimum-barier' }, /regions.source.*Did you mean minimum-barrier/],
    [{ source: 'minimum-barrier', interval: 2 }, /regions.interval.*before the first step/],
    [{ source: 'minimum-barrier', stage: 'layer4' }, /nothing with source minimum-barrier, found "layer4"/],
    [{ source: 'colour-distribution', minimumBarrier: {} }, /regions.minimumBarrier/],
    [{ network: 'average' }, /a moving average of its network, such as MoCo or BYOL, found simclr/],
    [{ heatMaps: true, mapSize: 1 }, /a whole number from 2.*regions.mapSize/],
    [{ mapSize: 8 }, /regions.mapSize.*Set heatMaps/],
  ])('refuse %j', (options, message) => {
    expect(() => createTrainer(tinyOptions({ regions: { size: 16, ...(options as object) } }))).toThrow(message);
  });

  it('say how far the pass is', async () => {
    const written: string[] = [];
    const progress = { write: (text: string) => void written.push(text) };
    const regions: RegionOptions = { source: 'spectral-residual', size: 16, batchSize: 8 };
    await createTrainer(tinyOptions({ plan: tinyPlan('contrastive'), regions, progress, epochs: 1 })).run();
    expect(written.join('')).toMatch(/looking for boxes: 8 of 34\n/);
  });
});

describe('RegionStore', () => {
  it('is what a run’s file holds', async () => {
    const outDir = newFolder();
    const regions: RegionOptions = { source: 'minimum-barrier', size: 16, heatMaps: true };
    await createTrainer(tinyOptions({ plan: tinyPlan('contrastive'), regions, outDir, epochs: 1 })).run();
    const { decodeRegions } = await import('../src/region-record-file.ts');
    const store = RegionStore.fromRecord(decodeRegions((await newest(outDir))['regions.safetensors']!));
    expect([store.images, store.version, store.active, store.heatMapSize]).toEqual([
      34,
      1,
      true,
      { width: 16, height: 16 },
    ]);
    expect(Math.max(...store.heatMap(5))).toBeGreaterThan(200);
  });
});
