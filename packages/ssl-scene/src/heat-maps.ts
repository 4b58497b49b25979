import type { DatasetSource } from '@ssl-scene/datasets';
import type { Variables } from '@ssl-scene/nn';
import { boxFromHeatMap, type HeatMapBox, heatMapBytes, minMaxNormalise } from '@ssl-scene/saliency';
import { keptMapSize, regionHeatMaps, visitImages } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { makeEvaluatedFramework } from './recipe.ts';
import { heatMapRule } from './regions.ts';

/** What is seen in one image. */
export interface ImageHeatMap {
  readonly index: number;
  /** In [0, 1], row by row. */
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
  /** The map in the size and the 8 bits in which a run keeps it for its croppers. */
  readonly kept: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  readonly found: HeatMapBox;
}

/** Heat maps and their boxes by the rule of the configuration's regions, for the images `indices`. */
export async function imageHeatMaps(
  config: Config,
  variables: Variables,
  source: DatasetSource,
  indices: readonly number[],
): Promise<ImageHeatMap[]> {
  const { normalise, training } = config;
  const regions = heatMapRule(config);
  const { size, threshold = 0.1, edges = 'full', component = 'all' } = regions;
  const rule = { inputHeight: size, inputWidth: size, threshold, edges, component };
  const framework = makeEvaluatedFramework(config);
  const provider = regionHeatMaps(regions, variables, { framework, normalise });
  const keptSize = keptMapSize({ ...regions, heatMaps: true }, framework)!;
  const results: ImageHeatMap[] = [];
  const options = { source, size, normalise, workers: training.workers, indices };
  await visitImages(options, async ({ indices: batch, rows, pixels }) => {
    const { values, height, width } = await provider.maps({ images: rows, height: size, width: size, pixels });
    batch.forEach((index, row) => {
      const map = values.subarray(row * height * width, (row + 1) * height * width);
      const found = boxFromHeatMap(map, height, width, rule);
      const kept = { ...keptSize, data: heatMapBytes(map, [height, width], [keptSize.height, keptSize.width]) };
      results.push({ index, map: Float32Array.from(minMaxNormalise(map).values), height, width, kept, found });
    });
  });
  provider.dispose();
  return results.sort((a, b) => a.index - b.index);
}
