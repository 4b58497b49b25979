import { SceneError } from '@ssl-scene/errors';

/** How a kNN looks for neighbours and weighs them. */
export interface KnnOptions {
  /**
   * Neighbours that vote; more than the labelled bank holds means all of it, with a warning. Of several numbers the first one
   * decides, and the result's `byK` tells how well each does, all from one search. Default 200.
   */
  readonly k?: number | readonly number[];
  /** T of the weights exp(cosine / T), above 0. Default 0.1. */
  readonly temperature?: number;
  /** Queries compared at a time. Default: as many as keep a block of cosines within 64 MiB. */
  readonly chunk?: number;
}

/** The options with their defaults. */
export interface ResolvedKnnOptions {
  /** Each at most the rows of the bank; the first one decides. */
  readonly ks: readonly number[];
  readonly temperature: number;
  readonly chunk: number | undefined;
  readonly warnings: readonly string[];
}

/** @throws SceneError where an option is out of range, or no row of the bank is labelled. */
export function resolveKnnOptions(
  { k = 200, temperature = 0.1, chunk }: KnnOptions,
  bankRows: number,
  labelled: number,
  where: string,
): ResolvedKnnOptions {
  const asked = [k].flat();
  if (asked.length === 0) throw badOption(where, 'k', 'at least one number', 'none');
  for (const value of asked) checkWhole(where, 'k', value);
  if (chunk !== undefined) checkWhole(where, 'chunk', chunk);
  if (!Number.isFinite(temperature) || temperature <= 0) {
    throw badOption(where, 'temperature', 'a finite number above 0', String(temperature));
  }
  if (labelled === 0) throw emptyBank(bankRows, where);
  const warnings = asked
    .filter((value) => value > labelled)
    .map((value) => `k was lowered from ${value} to ${labelled}, the number of labelled rows of the bank.`);
  return { ks: asked.map((value) => Math.min(value, labelled)), temperature, chunk, warnings };
}

function checkWhole(where: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw badOption(where, name, 'a whole number of at least 1', String(value));
}

function badOption(where: string, name: string, expected: string, found: string): SceneError {
  return new SceneError({
    code: 'KNN_OPTION',
    expected,
    found,
    where: `${where}, option ${name}`,
    fix: `Correct ${name}.`,
  });
}

function emptyBank(rows: number, where: string): SceneError {
  return new SceneError({
    code: 'EMPTY_BANK',
    expected: 'at least one labelled row',
    found: `${rows} rows, none labelled`,
    where: `${where}, bankLabels`,
    fix: 'Pass a labelled bank.',
  });
}
