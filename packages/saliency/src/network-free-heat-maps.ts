import { closest, SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import type { HeatMapBatch, HeatMapProvider, ImageBatch } from './heat-map-provider.ts';
import { colourDistribution } from './network-free/colour-distribution.ts';
import { type MinimumBarrierOptions, minimumBarrierSaliency } from './network-free/minimum-barrier.ts';
import type { NetworkFreeMap } from './network-free/network-free-map.ts';
import { spectralResidual } from './network-free/spectral-residual.ts';

/** A way to find what is salient without any network. */
export type NetworkFreeMethod = 'minimum-barrier' | 'colour-distribution' | 'spectral-residual';

export interface NetworkFreeOptions {
  /** Default: `minimum-barrier`, the better one for whole objects. */
  readonly method?: NetworkFreeMethod;
  /** Options of minimum barrier distance, for example no smoothing where objects are small. Default: its own. */
  readonly minimumBarrier?: MinimumBarrierOptions;
  /** How the pixels of batches were normalised, so that it can be undone. */
  readonly normalise: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

type Finder = (image: Raster, options: MinimumBarrierOptions) => NetworkFreeMap;

const METHODS: Readonly<Record<NetworkFreeMethod, Finder>> = {
  'minimum-barrier': minimumBarrierSaliency,
  'colour-distribution': (image) => colourDistribution(image),
  'spectral-residual': (image) => spectralResidual(image),
};

/** Heat maps by colours alone, behind the interface of those of networks: nothing is trained, and nothing need be refreshed. */
export function networkFreeHeatMaps(options: NetworkFreeOptions): HeatMapProvider {
  const { method = 'minimum-barrier', minimumBarrier = {}, normalise } = options;
  if (!Object.hasOwn(METHODS, method)) throw unknownMethod(method);
  const find = METHODS[method];
  return {
    name: method,
    needsOthers: false,
    async maps(batch) {
      const maps = Array.from({ length: batch.images }, (_, image) =>
        find(rasterOf(batch, image, normalise), minimumBarrier),
      );
      return joined(maps);
    },
    dispose: () => {},
  };
}

function rasterOf(
  { height, width, pixels }: ImageBatch,
  image: number,
  { mean, std }: NetworkFreeOptions['normalise'],
): Raster {
  const start = image * height * width * 3;
  const data = new Uint8Array(height * width * 3);
  for (let value = 0; value < data.length; value++) {
    const channel = value % 3;
    const level = Math.round(255 * (pixels[start + value]! * std[channel]! + mean[channel]!));
    data[value] = Math.min(Math.max(level, 0), 255);
  }
  return { width, height, data };
}

function joined(maps: readonly NetworkFreeMap[]): HeatMapBatch {
  const { height, width } = maps[0]!;
  const values = new Float32Array(maps.length * height * width);
  for (const [image, map] of maps.entries()) values.set(map.data, image * height * width);
  return { height, width, values };
}

function unknownMethod(method: string): SceneError {
  const suggestion = closest(String(method), Object.keys(METHODS));
  return new SceneError({
    code: 'UNKNOWN_METHOD',
    expected: Object.keys(METHODS).join(', '),
    found: JSON.stringify(method),
    where: 'networkFreeHeatMaps, option method',
    fix: suggestion === undefined ? 'Choose one of these.' : `Did you mean ${suggestion}?`,
  });
}
