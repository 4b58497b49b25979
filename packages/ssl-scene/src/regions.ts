import { type CropSpec, cropNeeds } from '@ssl-scene/cropping';
import { SceneError } from '@ssl-scene/errors';
import type { RegionOptions } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { loadFrozenNetwork } from './frozen-network.ts';
import { makeViewPlan } from './recipe.ts';

/**
 * What a run keeps of its images; heat maps where something looks at them, unless the configuration says otherwise.
 *
 * @throws SceneError where something needs regions or heat maps that the configuration does not have.
 */
export function regionOptions(config: Config): RegionOptions | undefined {
  const { regions } = config;
  const needs = needsOf(config);
  const first = needs[0];
  if (first && !regions) {
    throw new SceneError({
      code: 'REGIONS_MISSING',
      expected: 'a section regions, which says where heat-map boxes come from',
      found: `none beside ${first.what}`,
      where: 'regions',
      fix: 'Add for example regions: { size: 32, warmup: 4, interval: 4 }, or { source: minimum-barrier, size: 64 }.',
    });
  }
  const ofMaps = needs.find(({ heatMap }) => heatMap);
  if (ofMaps && regions?.heatMaps === false) {
    throw new SceneError({
      code: 'HEAT_MAPS_MISSING',
      expected: 'heat maps kept beside the boxes',
      found: `regions.heatMaps false with ${ofMaps.what}`,
      where: 'regions.heatMaps',
      fix: 'Set it: --set regions.heatMaps=true',
    });
  }
  return regions && { ...toOptions(regions), heatMaps: regions.heatMaps ?? ofMaps !== undefined };
}

/** How a configuration's heat maps are found, also where it has no regions: by the network that learns. */
export function heatMapRule({ regions, views }: Pick<Config, 'regions' | 'views'>): RegionOptions {
  return regions ? toOptions(regions) : { size: views.size };
}

function toOptions({ network, ...rest }: NonNullable<Config['regions']>): RegionOptions {
  if (network === undefined) return rest;
  return { ...rest, network: typeof network === 'object' ? loadFrozenNetwork(network) : network };
}

interface Need {
  readonly what: string;
  readonly heatMap: boolean;
}

/** What looks at regions. */
function needsOf(config: Config): Need[] {
  const { views, masking } = config;
  const crops = makeViewPlan(config).views.map(({ crop }) => crop);
  const isMaskedByMaps = masking?.kind === 'patches' && masking.saliency?.kind === 'heat-maps';
  return [
    ...crops.filter((crop) => cropNeeds(crop).region).map(needOf),
    ...(views.weighting ? [{ what: 'views.weighting', heatMap: true }] : []),
    ...(isMaskedByMaps ? [{ what: 'masks by heat maps', heatMap: true }] : []),
  ];
}

function needOf(crop: CropSpec): Need {
  return { what: `crops of kind ${crop.kind}`, heatMap: cropNeeds(crop).heatMap };
}
