import { type CropSpec, multiCrop } from '@ssl-scene/cropping';
import { describe, expect, it } from 'vitest';

describe('multiCrop', () => {
  it('names the views of each group', () => {
    const whole: CropSpec = { kind: 'random-resized', scale: [0.14, 1] };
    const part: CropSpec = { kind: 'contrastive', scale: [0.05, 0.14] };
    expect(
      multiCrop([
        { name: 'global', views: 2, size: 224, crop: whole },
        { name: 'local', views: 3, size: 96, crop: part },
      ]),
    ).toEqual([
      { name: 'global-1', size: 224, crop: whole },
      { name: 'global-2', size: 224, crop: whole },
      { name: 'local-1', size: 96, crop: part },
      { name: 'local-2', size: 96, crop: part },
      { name: 'local-3', size: 96, crop: part },
    ]);
  });

  it('gives saliency crops a slot for every two views, over all groups', () => {
    const crop: CropSpec = { kind: 'saliency', tau: 0.4 };
    const views = multiCrop([
      { name: 'small', views: 4, size: 96, crop },
      { name: 'global', views: 2, size: 224, crop: { kind: 'random-resized' } },
      { name: 'tiny', views: 2, size: 48, crop },
    ]);
    const slots = views.map((view) => (view.crop.kind === 'saliency' ? view.crop.slot : undefined));
    expect(slots).toEqual([0, 0, 1, 1, undefined, undefined, 2, 2]);
    expect(views[0]!.crop).toEqual({ ...crop, slot: 0 });
  });

  it('refuses groups without views and crops that there are not', () => {
    const crop: CropSpec = { kind: 'whole' };
    expect(() => multiCrop([{ name: 'g', views: 0, size: 9, crop }])).toThrow(/BAD_VALUE.*group "g", views/);
    expect(() => multiCrop([{ name: 'g', views: 1, size: 9, crop: { kind: 'hole' } as unknown as CropSpec }])).toThrow(
      /UNKNOWN_KIND.*group "g"/,
    );
  });
});
