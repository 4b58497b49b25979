import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import {
  activationMap,
  type HeatMapProvider,
  type NetworkFreeMethod,
  networkFreeHeatMaps,
  networkHeatMaps,
} from '@ssl-scene/saliency';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { averageVariables } from './average-variables.ts';
import { evaluatedBackbone } from './evaluated-backbone.ts';
import type { ResolvedMasking } from './masking-options.ts';
import { type FrozenRegionNetwork, isFromNetwork, type RegionOptions } from './region-options.ts';
import { threadedHeatMaps } from './threaded-heat-maps.ts';
import { IMAGENET_NORMALISATION, type Normalisation } from './trainer-options.ts';

/** Side of the maps that are kept where no network decides it. */
const NETWORK_FREE_SIDE = 16;

/** What the maps depend on. */
export type RegionMapSource = Pick<
  RegionOptions,
  'source' | 'network' | 'stage' | 'reduce' | 'flip' | 'scales' | 'minimumBarrier'
>;

export interface RegionMapOptions {
  readonly framework: Framework;
  /** The masks of the run, whose filter the backbone must see images through. Default: none. */
  readonly masking?: ResolvedMasking;
  /** How the images are normalised that the maps are asked for. Default: ImageNet's statistics. */
  readonly normalise?: Normalisation;
  /** Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
  /** Threads that make maps which need no network; 0 = the calling one. Default 0. */
  readonly threads?: number;
}

/** What finds the heat maps of a run's regions. @param variables those of the framework; read, and only by networks that learn. */
export function regionHeatMaps(
  regions: RegionMapSource,
  variables: Variables,
  { normalise = IMAGENET_NORMALISATION, precision = 'float32', threads = 0, ...run }: RegionMapOptions,
): HeatMapProvider {
  const { minimumBarrier, reduce, flip = false, scales = [1] } = regions;
  if (!isFromNetwork(regions)) {
    const method = regions.source as NetworkFreeMethod;
    const options = { method, normalise, ...(minimumBarrier && { minimumBarrier }) };
    return threads > 0 ? threadedHeatMaps(options, threads) : networkFreeHeatMaps(options);
  }
  const { backbone, variables: looking, name } = lookingNetwork(regions, variables, run);
  const stage = stageOf(regions, backbone);
  const { params, buffers } = looking;
  return networkHeatMaps({
    name: `${name}, ${stage}`,
    state: { params, buffers },
    maps: (state) => (images) => activationMap(stageOutput(backbone, state, images, stage), reduce),
    flip,
    scales,
    precision,
  });
}

interface LookingNetwork extends FrozenRegionNetwork {
  readonly name: string;
}

/** The network that the maps are of. */
function lookingNetwork(
  { network = 'online' }: RegionMapSource,
  variables: Variables,
  { framework, masking }: Pick<RegionMapOptions, 'framework' | 'masking'>,
): LookingNetwork {
  if (typeof network === 'object') return { ...network, name: network.backbone.name };
  const backbone = evaluatedBackbone({ framework, ...(masking && { masking }) });
  const { name } = framework;
  if (network === 'online') return { backbone, variables: backboneVariables(variables), name };
  return { backbone, variables: averageVariables(framework, variables)!, name: `${name}, moving average` };
}

/** Width and height of the maps that are kept; undefined where none are. */
export function keptMapSize(
  regions: RegionOptions,
  framework: Framework,
): { readonly height: number; readonly width: number } | undefined {
  if (!regions.heatMaps) return undefined;
  const side = regions.mapSize ?? (isFromNetwork(regions) ? undefined : NETWORK_FREE_SIDE);
  if (side !== undefined) return { height: side, width: side };
  const { network } = regions;
  const looked = Math.max(1, Math.round((regions.scales?.[0] ?? 1) * regions.size));
  const [height, width] = tf.tidy(() => {
    const { backbone, variables } =
      typeof network === 'object'
        ? network
        : { backbone: framework.backbone, variables: backboneVariables(framework.initialise(0)) };
    const image = tf.zeros([1, looked, looked, 3]);
    const output = stageOutput(backbone, variables, image, stageOf(regions, backbone));
    return output.shape.slice(1, 3) as unknown as tf.TensorContainer;
  }) as unknown as [number, number];
  return { height, width };
}

function stageOf({ stage }: Pick<RegionOptions, 'stage'>, { stages }: Framework['backbone']): string {
  return stage ?? stages.at(-1)!;
}

function stageOutput(backbone: Framework['backbone'], variables: Variables, images: Tensor, stage: string): Tensor {
  return backbone.features(variables, images, { training: false, updates: {} }, [stage]).taps[stage]!;
}
