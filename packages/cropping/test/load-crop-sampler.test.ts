import { loadCropSampler } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import { describe, expect, it } from 'vitest';

const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).href;
const random = randomStream(0, 'plug-in');

describe('loadCropSampler', () => {
  it('imports a module and passes its options on', async () => {
    const sampler = await loadCropSampler({
      kind: 'module',
      module: fixture('left-half.mjs'),
      options: { share: 0.25 },
    });
    expect(sampler(80, 30, undefined, random)).toEqual({ x: 0, y: 0, width: 20, height: 30 });
  });

  it('gives the samplers of this package, too', async () => {
    const sampler = await loadCropSampler({ kind: 'whole' });
    expect(sampler(8, 3, undefined, random)).toEqual({ x: 0, y: 0, width: 8, height: 3 });
  });

  it('refuses crops outside the image', async () => {
    const sampler = await loadCropSampler({ kind: 'module', module: fixture('left-half.mjs'), options: { share: 2 } });
    expect(() => sampler(80, 30, undefined, random)).toThrow(/BAD_CROP.*80 x 30.*"width":160/);
  });

  it('says what a module lacks', async () => {
    const spec = { kind: 'module', module: fixture('no-export.mjs') } as const;
    await expect(loadCropSampler(spec)).rejects.toThrow(/BAD_MODULE.*createCropSampler.*exports sampler/);
  });

  it('says which module is not there', async () => {
    const spec = { kind: 'module', module: fixture('absent.mjs') } as const;
    await expect(loadCropSampler(spec)).rejects.toThrow(/MODULE_NOT_FOUND.*absent\.mjs/);
  });
});
