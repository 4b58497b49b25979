import type { DatasetSource } from '@ssl-scene/datasets';
import { evaluatedVariables } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { activationMap, boxFromHeatMap, type HeatMapBox, minMaxNormalise } from '@ssl-scene/saliency';
import { jit, type Tensor } from '@ssl-scene/tensors';
import { mapDataset } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { makeFramework } from './recipe.ts';

/** What a network sees in one image. */
export interface ImageHeatMap {
  readonly index: number;
  /** In [0, 1], row by row. */
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly found: HeatMapBox;
}

/** Heat maps and their boxes by the rule of the configuration's regions, for the images `indices`. */
export async function imageHeatMaps(
  config: Config,
  variables: Variables,
  source: DatasetSource,
  indices: readonly number[],
): Promise<ImageHeatMap[]> {
  const framework = makeFramework(config);
  const { backbone } = framework;
  const { size, threshold, stage, reduce, edges } = regionsOf(config);
  let mapSize: [number, number] = [0, 0];
  const maps = jit(
    (state: Variables, images: Tensor) => {
      const { taps } = backbone.features(state, images, { training: false, updates: {} }, [stage]);
      const map = activationMap(taps[stage]!, reduce);
      mapSize = [map.shape[1]!, map.shape[2]!];
      return { map };
    },
    { name: 'heat maps' },
  );
  const state = evaluatedVariables(framework, variables);
  const results: ImageHeatMap[] = [];
  const options = {
    source,
    size,
    normalise: config.normalise,
    workers: config.training.workers,
    indices,
  };
  await mapDataset(
    options,
    (images) => maps(state, images),
    ({ indices: batch, outputs }) => {
      const [height, width] = mapSize;
      batch.forEach((index, row) => {
        const values = outputs.map!.slice(row * height * width, (row + 1) * height * width);
        const found = boxFromHeatMap(values, height, width, { inputHeight: size, inputWidth: size, threshold, edges });
        const map = Float32Array.from(minMaxNormalise(values).values);
        results.push({ index, map, height, width, found });
      });
    },
  );
  maps.dispose();
  return results.sort((a, b) => a.index - b.index);
}

function regionsOf({ regions, views }: Config): NonNullable<Config['regions']> {
  return (
    regions ?? {
      size: views.size,
      threshold: 0.1,
      warmup: 0,
      interval: 1,
      stage: 'layer4',
      reduce: 'sum',
      edges: 'full',
      heatMaps: false,
    }
  );
}
