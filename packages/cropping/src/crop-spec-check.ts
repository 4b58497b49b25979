import { closest, SceneError } from '@ssl-scene/errors';
import type { CropSpec } from './crop-spec.ts';

type OptionCheck = (value: unknown, where: string) => void;

const SIZE_OPTIONS = { scale: scaleRange, ratio: ratioRange, tries: positiveInteger } as const;

const KINDS: Readonly<Record<CropSpec['kind'], Readonly<Record<string, OptionCheck>>>> = {
  'random-resized': SIZE_OPTIONS,
  contrastive: { ...SIZE_OPTIONS, alpha: positiveNumber, legacyClamp: trueOrFalse },
  boxes: { ...SIZE_OPTIONS, margin: notNegative },
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
