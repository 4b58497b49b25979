import { SceneError } from '@ssl-scene/errors';
import { type JitOptions, jit, type Tensor, type Tree, tf } from '@ssl-scene/tensors';
import { type AveragingOptions, averagedMaps } from './averaged-maps.ts';
import type { HeatMapProvider } from './heat-map-provider.ts';
import type { MapFunction } from './map-function.ts';

export interface NetworkHeatMapOptions<State extends Tree> extends AveragingOptions, Pick<JitOptions, 'precision'> {
  /** For logs and tables. */
  readonly name: string;
  /** Variables of the network that is to look: the one in training, its moving average, or an imported one. Not changed. */
  readonly state: State;
  /**
   * What to do with them, in evaluation mode, for example
   * `(variables) => (images) => activationMap(backbone.features(variables, images, context, ['layer4']).taps.layer4)`.
   */
  readonly maps: (state: State) => MapFunction;
  /** Whether the maps need a second view of each image. Default: false. */
  readonly needsOthers?: boolean;
}

/** Heat maps of a network: one recorded graph for each size of batch, no gradient into the network. */
export function networkHeatMaps<State extends Tree>(options: NetworkHeatMapOptions<State>): HeatMapProvider {
  const { name, state, maps, needsOthers = false, precision = 'float32' } = options;
  const run = jit(
    (current: State, images: Tensor, others: Tensor | null) =>
      averagedMaps(maps(current), options)(images, others ?? undefined),
    { name: `heat maps, ${name}`, precision },
  );
  return {
    name,
    needsOthers,
    async maps({ images, height, width, pixels, others }) {
      if (needsOthers && others === undefined) throw othersMissing(name);
      const shape: [number, number, number, number] = [images, height, width, 3];
      const result = tf.tidy(() =>
        run(state, tf.tensor4d(pixels, shape), needsOthers ? tf.tensor4d(others!, shape) : null),
      );
      const [found, mapHeight, mapWidth] = result.shape as [number, number, number];
      const values = (await result.data()) as Float32Array;
      result.dispose();
      if (result.rank !== 3 || found !== images) throw wrongShape(name, images, result.shape);
      return { height: mapHeight, width: mapWidth, values };
    },
    dispose: () => run.dispose(),
  };
}

function othersMissing(name: string): SceneError {
  return new SceneError({
    code: 'OTHERS_MISSING',
    expected: 'a second view of each image',
    found: 'none',
    where: `heat maps, ${name}`,
    fix: 'Pass batch.others: another random crop of each image, augmented.',
  });
}

function wrongShape(name: string, images: number, shape: readonly number[]): SceneError {
  return new SceneError({
    code: 'FEATURE_MAP_SHAPE',
    expected: `maps (${images}, h, w)`,
    found: `shape [${shape.join(', ')}]`,
    where: `heat maps, ${name}`,
    fix: 'Return one map per image of the batch.',
  });
}
