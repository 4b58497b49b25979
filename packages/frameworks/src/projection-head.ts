import { SceneError } from '@ssl-scene/errors';
import { batchNorm, type Initialiser, kaimingNormal, linearLayer, type Module, relu } from '@ssl-scene/nn';
import { numbered } from './numbered.ts';

/**
 * Forms of projection heads in published code:
 *
 * - `linear`: one Linear with bias (MoCo v1).
 * - `plain`: Linear, ReLU, Linear with biases, no batch norm (MoCo v2; ContrastiveCrop's and SupContrast's SimCLR).
 * - `simclr-v1`, `simclr-v2`: the official SimCLR code with 2 and 3 layers: Linear without bias and batch norm, with
 *   ReLU between; the last batch norm has a scale but no offset. Fresh weights are normal with deviation 0.01.
 * - `openselfsup`: OpenSelfSup's SimCLR neck: Linear without bias, batch norm, ReLU, Linear without bias, batch norm.
 *   Fresh weights are Kaiming normal by fan-in.
 */
export type ProjectionHeadKind = 'linear' | 'plain' | 'simclr-v1' | 'simclr-v2' | 'openselfsup';

export interface ProjectionHeadOptions {
  readonly kind: ProjectionHeadKind;
  /** Dimension of the input. */
  readonly in: number;
  /** Width of the hidden layers. */
  readonly hidden: number;
  /** Dimension of the output. */
  readonly out: number;
}

/** The network between the backbone and the loss; parameters are named by their place, as in PyTorch's Sequential. */
export function projectionHead(options: ProjectionHeadOptions): Module {
  const { kind, in: width, hidden, out } = options;
  switch (kind) {
    case 'linear':
      return numbered((place) => linearLayer(place, { in: width, out }));
    case 'plain':
      return numbered(
        (place) => linearLayer(place, { in: width, out: hidden }),
        () => relu(),
        (place) => linearLayer(place, { in: hidden, out }),
      );
    case 'simclr-v1':
      return normalisedHead([width, hidden, out], normal(0.01), false);
    case 'simclr-v2':
      return normalisedHead([width, hidden, hidden, out], normal(0.01), false);
    case 'openselfsup':
      return normalisedHead([width, hidden, out], kaimingNormal('fan-in'), true);
    default:
      throw new SceneError({
        code: 'UNKNOWN_HEAD',
        expected: 'linear, plain, simclr-v1, simclr-v2 or openselfsup',
        found: JSON.stringify(kind),
        where: 'option head',
        fix: 'Choose one of them.',
      });
  }
}

/** Linear without bias and batch norm for each step from one width to the next, with ReLU between. */
function normalisedHead(widths: readonly number[], initialise: Initialiser, lastOffset: boolean): Module {
  const layers = widths.slice(1).flatMap((out, step) => {
    const last = step === widths.length - 2;
    const layer = [
      (place: string) => linearLayer(place, { in: widths[step]!, out, bias: false, initialise }),
      (place: string) => batchNorm(place, { channels: out, offset: !last || lastOffset }),
    ];
    return last ? layer : [...layer, () => relu()];
  });
  return numbered(...layers);
}

function normal(deviation: number): Initialiser {
  return (random, shape) => {
    const values = new Float32Array(shape.reduce((size, length) => size * length, 1));
    random.fillNormal(values, 0, deviation);
    return values;
  };
}
