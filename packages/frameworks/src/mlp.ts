import { batchNorm, linearLayer, type Module, relu } from '@ssl-scene/nn';
import { type HeadInitialisation, headInitialisers } from './head-initialisation.ts';
import { numbered } from './numbered.ts';

export interface MlpOptions {
  /** Whether the Linears before a batch norm have a bias. */
  readonly hiddenBias: boolean;
  /** Whether the last Linear has a bias. */
  readonly lastBias: boolean;
  /** Whether a batch norm follows the last Linear. Default false. */
  readonly lastNorm?: boolean;
  /** Default `pytorch`. */
  readonly initialisation?: HeadInitialisation;
}

/**
 * Linear, batch norm and ReLU from each width to the next, but only Linear to the last one.
 *
 * @param widths from the input to the output, at least two.
 */
export function mlp(widths: readonly number[], options: MlpOptions): Module {
  const { hiddenBias, lastBias, lastNorm = false } = options;
  const initialisers = headInitialisers(options.initialisation);
  const layers = widths.slice(1).flatMap((out, step) => {
    const last = step === widths.length - 2;
    const bias = last ? lastBias : hiddenBias;
    const linear = (place: string): Module => linearLayer(place, { in: widths[step]!, out, bias, ...initialisers });
    const norm = (place: string): Module => batchNorm(place, { channels: out });
    if (!last) return [linear, norm, () => relu()];
    return lastNorm ? [linear, norm] : [linear];
  });
  return numbered(...layers);
}
