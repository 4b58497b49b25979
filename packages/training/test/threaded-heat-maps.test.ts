import { randomStream } from '@ssl-scene/random';
import { type NetworkFreeMethod, networkFreeHeatMaps } from '@ssl-scene/saliency';
import { describe, expect, it } from 'vitest';
import { threadedHeatMaps } from '../src/threaded-heat-maps.ts';

const SIDE = 12;
const normalise = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] };

function batchOf(images: number) {
  const random = randomStream(3, 'pixels');
  const pixels = Float32Array.from({ length: images * SIDE * SIDE * 3 }, () => random.uniform(-1.5, 2));
  return { images, height: SIDE, width: SIDE, pixels };
}

describe('heat maps by several threads', () => {
  it.each<[NetworkFreeMethod, number, number]>([
    ['minimum-barrier', 2, 5],
    ['colour-distribution', 3, 7],
    ['spectral-residual', 3, 2],
    ['minimum-barrier', 1, 1],
  ])('%s by %d threads: those of one, bit for bit, of %d images', async (method, threads, images) => {
    const options = { method, normalise, minimumBarrier: { smooth: false } };
    const batch = batchOf(images);
    const before = batch.pixels.slice();
    const provider = threadedHeatMaps(options, threads);
    const expected = await networkFreeHeatMaps(options).maps(batch);
    expect(provider).toMatchObject({ name: method, needsOthers: false });
    expect(await provider.maps(batch)).toEqual(expected);
    expect(batch.pixels).toEqual(before);
    provider.dispose();
    expect(await provider.maps(batch)).toEqual(expected);
    provider.dispose();
  });

  it('fails where a thread does, and may be used again', async () => {
    const provider = threadedHeatMaps({ normalise }, 1);
    await expect(provider.maps({ ...batchOf(1), height: -1 })).rejects.toThrow(/length/);
    expect(await provider.maps(batchOf(1))).toEqual(await networkFreeHeatMaps({ normalise }).maps(batchOf(1)));
    provider.dispose();
  });

  it('knows its methods without starting a thread', () => {
    expect(() => threadedHeatMaps({ method: 'minimum-barier' as NetworkFreeMethod, normalise }, 1)).toThrow(
      /Did you mean minimum-barrier/,
    );
  });
});
