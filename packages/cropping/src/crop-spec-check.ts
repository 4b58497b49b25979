import { closest, SceneError } from '@ssl-scene/errors';
import type { CropSpec } from './crop-spec.ts';

type OptionCheck = (value: unknown, where: string) => void;

const SIZE_OPTIONS = { scale: scaleRange, ratio: ratioRange, tries: positiveInteger } as const;

const KINDS: Readonly<Record<CropSpec['kind'], Readonly<Record<string, OptionCheck>>>> = {
  'random-resized': SIZE_OPTIONS,
  contrastive: {
    ...SIZE_OPTIONS,
    alpha: positiveNumber,
    legacyClamp: trueOrFalse,
    box: relativeBox,
    fallback: oneOf('centre', 'box'),
  },
  saliency: {
    ...SIZE_OPTIONS,
    slot: wholeNumber,
    grid: positiveInteger,
    tau: share,
    gamma: notNegative,
    acceptance: oneOf('mean', 'off'),
    minSidePixels: positiveInteger,
    minSideShare: share,
    centreBeta: positiveNumber,
    shareComponent: trueOrFalse,
    distinctComponents: trueOrFalse,
  },
  boxes: { ...SIZE_OPTIONS, from: oneOf('labels', 'heat-map'), tau: share, grid: positiveInteger, margin: notNegative },
  whole: {},
  module: { module: moduleName, options: anything },
};

/**
 * Throws unless `value` (of any origin: YAML, JSON, a message) is a crop specification of a known kind with options in range.
 *
 * @param where named in errors. Default: `crop`
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, BAD_VALUE
 */
export function checkCropSpec(value: unknown, where = 'crop'): asserts value is CropSpec {
  if (typeof value !== 'object' || value === null) throw badValue('an object with a kind', value, where);
  const { kind, ...options } = value as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) throw unknownKind(kind, where);
  const checks = KINDS[kind as CropSpec['kind']];
  for (const [name, option] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(kind, name, Object.keys(checks), where);
    if (option !== undefined) checks[name]!(option, `${where}.${name}`);
  }
  if (kind === 'module') moduleName(options.module, `${where}.module`);
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** Shares above 1 are allowed, as in torchvision: sizes that do not fit are drawn again. */
function scaleRange(value: unknown, where: string): void {
  if (!isPositiveRange(value)) throw badValue('[low, high] with 0 < low <= high, shares of the area', value, where);
}

function ratioRange(value: unknown, where: string): void {
  if (!isPositiveRange(value)) throw badValue('[low, high] with 0 < low <= high, width by height', value, where);
}

function isPositiveRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [low, high] = value as unknown[];
  return isPositive(low) && isPositive(high) && low <= high;
}

function positiveInteger(value: unknown, where: string): void {
  if (!isPositive(value) || !Number.isInteger(value)) throw badValue('a positive whole number', value, where);
}

function positiveNumber(value: unknown, where: string): void {
  if (!isPositive(value)) throw badValue('a positive number', value, where);
}

function notNegative(value: unknown, where: string): void {
  if (value !== 0 && !isPositive(value)) throw badValue('0 or a positive number', value, where);
}

function wholeNumber(value: unknown, where: string): void {
  if (value !== 0 && !(isPositive(value) && Number.isInteger(value))) {
    throw badValue('0 or a positive whole number', value, where);
  }
}

function share(value: unknown, where: string): void {
  if (!(typeof value === 'number' && value >= 0 && value <= 1)) throw badValue('a number from 0 to 1', value, where);
}

/** A box without area is a point, as from a heat map with one active pixel. */
function relativeBox(value: unknown, where: string): void {
  const { x0, y0, x1, y1 } = (value ?? {}) as Record<string, number>;
  const edges = [x0, y0, x1, y1].every((edge) => typeof edge === 'number' && edge >= 0 && edge <= 1);
  if (!edges || x0! > x1! || y0! > y1!) {
    throw badValue('{ x0, y0, x1, y1 } with 0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1', value, where);
  }
}

function oneOf(...choices: string[]): OptionCheck {
  return (value, where) => {
    if (!choices.includes(value as string)) throw badValue(choices.join(' or '), value, where);
  };
}

function trueOrFalse(value: unknown, where: string): void {
  if (typeof value !== 'boolean') throw badValue('true or false', value, where);
}

function moduleName(value: unknown, where: string): void {
  if (typeof value !== 'string' || value === '') throw badValue('the URL or package name of a module', value, where);
  if (value.startsWith('.')) {
    throw badValue(
      'a module that can be found from anywhere',
      value,
      where,
      'Give a file URL, for example by import.meta.resolve.',
    );
  }
}

function anything(): void {}

function badValue(expected: string, found: unknown, where: string, fix = 'Correct the value.'): SceneError {
  return new SceneError({
    code: 'BAD_VALUE',
    expected,
    found: found === undefined ? 'undefined' : JSON.stringify(found),
    where,
    fix,
  });
}

function unknownKind(kind: unknown, where: string): SceneError {
  const names = Object.keys(KINDS);
  const suggestion = typeof kind === 'string' ? closest(kind, names) : undefined;
  return new SceneError({
    code: 'UNKNOWN_KIND',
    expected: `a kind among ${names.join(', ')}`,
    found: kind === undefined ? 'undefined' : JSON.stringify(kind),
    where,
    fix: suggestion === undefined ? 'Choose one of these kinds.' : `Did you mean ${suggestion}?`,
  });
}

function unknownOption(kind: string, name: string, names: readonly string[], where: string): SceneError {
  const suggestion = closest(name, names);
  return new SceneError({
    code: 'UNKNOWN_OPTION',
    expected: names.length === 0 ? `no option for ${kind}` : `for ${kind} only ${names.join(', ')}`,
    found: name,
    where,
    fix: suggestion === undefined ? 'Remove the option.' : `Did you mean ${suggestion}?`,
  });
}
