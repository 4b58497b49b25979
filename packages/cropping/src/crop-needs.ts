import type { CropSpec } from './crop-spec.ts';

/** What a sampler must be told of each image. */
export interface CropNeeds {
  /** Its region: a box, and whether regions are in use yet. */
  readonly region: boolean;
  /** The heat map of its region. */
  readonly heatMap: boolean;
  /** Labelled boxes of its objects. */
  readonly boxes: boolean;
}

/** What the sampler of a specification needs; a plug-in module may use whatever it is given, and needs nothing. */
export function cropNeeds(spec: CropSpec): CropNeeds {
  switch (spec.kind) {
    case 'contrastive':
      return { region: spec.box === undefined, heatMap: false, boxes: false };
    case 'saliency':
      return { region: true, heatMap: true, boxes: false };
    case 'boxes':
      return spec.from === 'heat-map'
        ? { region: true, heatMap: true, boxes: false }
        : { region: false, heatMap: false, boxes: true };
    default:
      return { region: false, heatMap: false, boxes: false };
  }
}
