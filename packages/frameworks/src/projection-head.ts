import { SceneError } from '@ssl-scene/errors';
import { batchNorm, type Initialiser, identity, kaimingNormal, linearLayer, type Module, relu } from '@ssl-scene/nn';
import { type HeadInitialisation, headInitialisers } from './head-initialisation.ts';
import { normal } from './normal.ts';
import { numbered } from './numbered.ts';

/**
 * Forms of projection heads in published code:
 *
 * - `none`: the features themselves; `hidden` is not used and `out` must equal `in`.
 * - `linear`: one Linear with bias (MoCo v1).
 * - `plain`: Linear, ReLU, Linear with biases, no batch norm (MoCo v2; ContrastiveCrop's and SupContrast's SimCLR).
 * - `simclr-v1`, `simclr-v2`: the official SimCLR code with 2 and 3 layers: Linear without bias and batch norm, with
 *   ReLU between; the last batch norm has a scale but no offset. Fresh weights are normal with deviation 0.01.
 * - `openselfsup`: OpenSelfSup's SimCLR neck: Linear without bias, batch norm, ReLU, Linear without bias, batch norm.
 *   Fresh weights are Kaiming normal by fan-in.
 */
export type ProjectionHeadKind = 'none' | 'linear' | 'plain' | 'simclr-v1' | 'simclr-v2' | 'openselfsup';

export interface ProjectionHeadOptions {
  readonly kind: ProjectionHeadKind;
  /** Dimension of the input. */
  readonly in: number;
  /** Width of the hidden layers. */
  readonly hidden: number;
  /** Dimension of the output. */
  readonly out: number;
  /** Fresh values of `linear` and `plain`; the other kinds have their own. Default `pytorch`. */
  readonly initialisation?: HeadInitialisation;
}

/** The network between the backbone and the loss; parameters are named by their place, as in PyTorch's Sequential. */
export function projectionHead(options: ProjectionHeadOptions): Module {
  const { kind, in: width, hidden, out } = options;
  const initialisers = headInitialisers(options.initialisation);
  switch (kind) {
    case 'none':
      checkUnchanged(width, out);
      return identity();
    case 'linear':
      return numbered((place) => linearLayer(place, { in: width, out, ...initialisers }));
    case 'plain':
      return numbered(
        (place) => linearLayer(place, { in: width, out: hidden, ...initialisers }),
        () => relu(),
        (place) => linearLayer(place, { in: hidden, out, ...initialisers }),
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
        expected: 'none, linear, plain, simclr-v1, simclr-v2 or openselfsup',
        found: JSON.stringify(kind),
        where: 'option head',
        fix: 'Choose one of them.',
      });
  }
}

function checkUnchanged(width: number, out: number): void {
  if (width === out) return;
  throw new SceneError({
    code: 'HEAD_DIMENSION',
    expected: `dimension ${width}, that of the features, without a head`,
    found: `${out}`,
    where: 'option dimension',
    fix: `Set it to ${width}, or choose a head.`,
  });
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
