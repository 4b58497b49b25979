import { closest, SceneError } from '@ssl-scene/errors';
import type { Augmentation } from './augmentation.ts';
import { describeRange } from './number-check.ts';

/** Throws unless an option's value is right; `where` names entry and option. */
type OptionCheck = (value: unknown, where: string) => void;

interface KindCheck {
  readonly options: Readonly<Record<string, OptionCheck>>;
  readonly required?: readonly string[];
}

const probability = numberIn(0, 1);
const factors = strengthOrRange(Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY);

const KINDS: Readonly<Record<Augmentation['kind'], KindCheck>> = {
  'horizontal-flip': { options: { p: probability } },
  'vertical-flip': { options: { p: probability } },
  'colour-jitter': {
    options: {
      brightness: factors,
      contrast: factors,
      saturation: factors,
      hue: strengthOrRange(0.5, -0.5, 0.5),
      p: probability,
    },
  },
  grayscale: { options: { p: probability } },
  'gaussian-blur': {
    options: {
      sigma: rangeIn(Number.MIN_VALUE, Number.POSITIVE_INFINITY),
      method: oneOf('gaussian', 'pillow'),
      kernelSize: oddSize,
      p: probability,
    },
  },
  solarize: { options: { threshold: numberIn(0, 256), p: probability } },
  posterize: { options: { bits: wholeIn(0, 8), p: probability }, required: ['bits'] },
  equalize: { options: { p: probability } },
  autocontrast: { options: { p: probability } },
  rotation: {
    options: {
      degrees: strengthOrRange(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
      filter: oneOf('nearest', 'bilinear'),
      fill: wholeIn(0, 255),
      p: probability,
    },
    required: ['degrees'],
  },
};

/**
 * Throws unless `value` (of any origin: YAML, JSON, a message) is a list of augmentations with known kinds and options in range.
 *
 * @param where named in errors. Default: `augmentations`
 * @throws NOT_A_LIST, UNKNOWN_KIND, UNKNOWN_OPTION, MISSING_OPTION, BAD_VALUE
 */
export function checkAugmentations(value: unknown, where = 'augmentations'): asserts value is readonly Augmentation[] {
  if (!Array.isArray(value)) {
    throw new SceneError({
      code: 'NOT_A_LIST',
      expected: 'a list of augmentations',
      found: describe(value),
      where,
      fix: 'Write a list, also for a single augmentation.',
    });
  }
  value.forEach((entry, index) => {
    checkEntry(entry, `${where}[${index}]`);
  });
}

function checkEntry(entry: unknown, where: string): void {
  if (typeof entry !== 'object' || entry === null) {
    throw badValue('an object with a kind', entry, where);
  }
  const { kind, ...options } = entry as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) throw unknownKind(kind, where);
  const check = KINDS[kind as Augmentation['kind']];
  for (const name of check.required ?? []) {
    if (options[name] === undefined) throw missingOption(kind, name, where);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(check.options, name)) throw unknownOption(kind, name, Object.keys(check.options), where);
    if (value !== undefined) check.options[name]!(value, `${where}.${name}`);
  }
  if (kind === 'gaussian-blur' && options.method === 'pillow' && options.kernelSize !== undefined) {
    throw badValue('no kernel size with the method pillow', options.kernelSize, `${where}.kernelSize`, 'Remove it.');
  }
}

function numberIn(low: number, high: number): OptionCheck {
  return (value, where) => {
    if (!isNumberIn(value, low, high)) throw badValue(describeRange(low, high), value, where);
  };
}

function wholeIn(low: number, high: number): OptionCheck {
  return (value, where) => {
    if (!isNumberIn(value, low, high) || !Number.isInteger(value)) {
      throw badValue(`a whole number from ${low} to ${high}`, value, where);
    }
  };
}

function rangeIn(low: number, high: number): OptionCheck {
  return (value, where) => {
    const valid =
      Array.isArray(value) &&
      value.length === 2 &&
      isNumberIn(value[0], low, high) &&
      isNumberIn(value[1], low, high) &&
      value[0] <= value[1];
    if (!valid) throw badValue(`[low, high], low not above high, each ${describeRange(low, high)}`, value, where);
  };
}

/** A strength from 0 to `strongest`, or a range within [low, high]. */
function strengthOrRange(strongest: number, low: number, high: number): OptionCheck {
  const strength = numberIn(0, strongest);
  const range = rangeIn(low, high);
  return (value, where) => (Array.isArray(value) ? range(value, where) : strength(value, where));
}

function oneOf(...names: readonly string[]): OptionCheck {
  return (value, where) => {
    if (typeof value === 'string' && names.includes(value)) return;
    throw badValue(`one of ${names.join(', ')}`, value, where, suggestionFor(value, names));
  };
}

function oddSize(value: unknown, where: string): void {
  const valid = isNumberIn(value, 1, Number.POSITIVE_INFINITY) && Number.isInteger(value) && value % 2 === 1;
  if (!valid) throw badValue('an odd positive whole number', value, where);
}

function isNumberIn(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high;
}

function describe(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

function suggestionFor(word: unknown, names: Iterable<string>): string | undefined {
  const nearest = typeof word === 'string' ? closest(word, names) : undefined;
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}

function badValue(expected: string, found: unknown, where: string, fix = 'Correct the value.'): SceneError {
  return new SceneError({ code: 'BAD_VALUE', expected, found: describe(found), where, fix });
}

function unknownKind(kind: unknown, where: string): SceneError {
  const names = Object.keys(KINDS);
  return new SceneError({
    code: 'UNKNOWN_KIND',
    expected: `a kind among ${names.join(', ')}`,
    found: describe(kind),
    where,
    fix: suggestionFor(kind, names) ?? 'Choose one of these kinds.',
  });
}

function missingOption(kind: string, name: string, where: string): SceneError {
  return new SceneError({
    code: 'MISSING_OPTION',
    expected: `the option ${name}`,
    found: `${kind} without it`,
    where,
    fix: `Give ${name}; it has no default.`,
  });
}

function unknownOption(kind: string, name: string, names: readonly string[], where: string): SceneError {
  return new SceneError({
    code: 'UNKNOWN_OPTION',
    expected: `for ${kind} only ${names.join(', ')}`,
    found: name,
    where,
    fix: suggestionFor(name, names) ?? 'Remove the option.',
  });
}
