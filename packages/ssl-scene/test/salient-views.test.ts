import { makeFramework, makePairs, makeViewPlan, parseConfig, readConfigFile } from 'ssl-scene';
import { describe, expect, it } from 'vitest';
import { override } from '../src/override.ts';
import { regionOptions } from '../src/regions.ts';
import { weightingOptions } from '../src/salient-views.ts';

const configOf = (name: string, ...settings: string[]) =>
  parseConfig(settings.reduce<unknown>(override, readConfigFile(name)), name);

describe('pairs of salient views', () => {
  const config = configOf('sgcl-simclr-cifar10');

  it('stand beside the large views, two views and a slot for each', () => {
    const { views } = makeViewPlan(config);
    expect(views.map(({ name, size }) => [name, size])).toEqual([
      ['a', 32],
      ['b', 32],
      ['salient0a', 14],
      ['salient0b', 14],
      ['salient1a', 14],
      ['salient1b', 14],
    ]);
    expect(views.slice(2).map(({ crop }) => (crop as { slot?: number }).slot)).toEqual([0, 0, 1, 1]);
    expect(makePairs(config)).toEqual([
      { role: 'global', a: 'a', b: 'b' },
      { role: 'salient', a: 'salient0a', b: 'salient0b' },
      { role: 'salient', a: 'salient1a', b: 'salient1b' },
    ]);
  });

  it('have the second view’s pipeline in their second views', () => {
    const { views } = makeViewPlan(configOf('sgcl-byol-coco'));
    const named = (name: string) => views.find((view) => view.name === name)!.augmentations;
    expect(named('salient1a')).toEqual(named('a'));
    expect(named('salient1b')).toEqual(named('b'));
    expect(named('salient1a')).not.toEqual(named('salient1b'));
  });

  it('have queues of their own', () => {
    const names = makeFramework(
      configOf('moco-cifar10', 'views.salient={size: 14, crop: {kind: random-resized}}'),
    ).buffers.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['queue.global', 'queue.salient']));
  });

  it('are scored on the grid that they are drawn on', () => {
    expect(weightingOptions(config)).toEqual({ score: 'geometric', eps: 0.05, power: 1, normalise: 'image', grid: 2 });
    expect(weightingOptions(configOf('testbed-sgcl', 'views.weighting={global: false}'))).toMatchObject({
      grid: 2,
      unweighted: ['global'],
    });
    expect(weightingOptions(configOf('testbed'))).toBeUndefined();
    // Drawn at random, with maps of 32 places a side: two cells a place are enough, where eight would cost sixteen times that.
    expect(
      weightingOptions(configOf('testbed-sgcl', 'views.crop={kind: random-resized}', 'views.weighting={}')),
    ).toMatchObject({
      grid: 2,
    });
  });
});

describe('heat maps', () => {
  it.each<[string, readonly string[], boolean]>([
    ['contrastive-crop-simclr-cifar10', [], false],
    ['testbed-contrastive-crop', [], false],
    ['testbed-contrastive-crop', ['views.weighting={}'], true],
    ['testbed-saliency', [], true],
    ['testbed-sgcl', [], true],
    ['masking-contrastive-crop-simclr-cifar10', [], true],
    ['demo', [], true],
  ])('are kept where something looks at them: %s %j', (name, settings, kept) => {
    expect(regionOptions(configOf(name, ...settings))!.heatMaps).toBe(kept);
  });
});
