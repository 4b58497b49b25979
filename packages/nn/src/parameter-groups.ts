import type { ParameterSpec } from './module.ts';
import type { Optimiser } from './optimiser.ts';

/** Parameters that an optimiser treats alike. */
export interface ParameterGroup {
  /** Whether weight decay (and a layer-wise rate, where the optimiser has one) applies. */
  readonly decayed: boolean;
  /** Whether the rate follows the schedule or stays at its start. */
  readonly rate: 'schedule' | 'initial';
  readonly names: readonly string[];
  /** How many numbers these parameters have together. */
  readonly size: number;
}

export interface ParameterGroupOptions {
  /** Whether a parameter keeps the initial rate. Default: none does. */
  readonly keepsInitialRate?: (name: string) => boolean;
}

/**
 * What an optimiser does with each parameter, to be shown at the start of a run: a bias that decays, or a predictor that
 * follows the schedule, is otherwise seen only in the result. Empty groups are left out.
 *
 * @param parameters those that the optimiser gets.
 */
export function parameterGroups(
  parameters: readonly ParameterSpec[],
  { groups }: Pick<Optimiser, 'groups'>,
  { keepsInitialRate = () => false }: ParameterGroupOptions = {},
): ParameterGroup[] {
  const excluded = new Set(groups.excluded);
  const kinds = [true, false].flatMap((decayed) =>
    (['schedule', 'initial'] as const).map((rate) => ({ decayed, rate })),
  );
  const all = kinds.map(({ decayed, rate }): ParameterGroup => {
    const members = parameters.filter(
      ({ name }) => excluded.has(name) !== decayed && keepsInitialRate(name) === (rate === 'initial'),
    );
    const size = members.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
    return { decayed, rate, names: members.map(({ name }) => name), size };
  });
  return all.filter(({ names }) => names.length > 0);
}
