import { closest, SceneError } from '@ssl-scene/errors';

/** Names of the interpolation filters, as in Pillow. */
export type ResampleFilter = 'bilinear' | 'bicubic' | 'box' | 'hamming' | 'lanczos';

/** A filter: its value at a distance in source pixels from the centre, zero at and beyond `support`. */
export interface FilterKernel {
  readonly support: number;
  readonly value: (distance: number) => number;
}

/** Sharpness of the cubic convolution (Keys 1981), the value that Pillow takes. */
const CUBIC_A = -0.5;

const LANCZOS_LOBES = 3;

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

function triangle(x: number): number {
  const distance = Math.abs(x);
  return distance < 1 ? 1 - distance : 0;
}

function cubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return ((CUBIC_A + 2) * distance - (CUBIC_A + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * CUBIC_A;
  return 0;
}

function hamming(x: number): number {
  const distance = Math.abs(x);
  if (distance === 0) return 1;
  if (distance >= 1) return 0;
  const angle = distance * Math.PI;
  return (Math.sin(angle) / angle) * (0.54 + 0.46 * Math.cos(angle));
}

const KERNELS: Readonly<Record<ResampleFilter, FilterKernel>> = {
  bilinear: { support: 1, value: triangle },
  bicubic: { support: 2, value: cubic },
  box: { support: 0.5, value: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  hamming: { support: 1, value: hamming },
  lanczos: {
    support: LANCZOS_LOBES,
    value: (x) => (x >= -LANCZOS_LOBES && x < LANCZOS_LOBES ? sinc(x) * sinc(x / LANCZOS_LOBES) : 0),
  },
};

/** The kernel of a filter; an unknown name is an error that suggests the nearest one. */
export function filterKernel(filter: ResampleFilter): FilterKernel {
  if (Object.hasOwn(KERNELS, filter)) return KERNELS[filter];
  const suggestion = closest(String(filter), Object.keys(KERNELS));
  throw new SceneError({
    code: 'UNKNOWN_FILTER',
    expected: `one of ${Object.keys(KERNELS).join(', ')}`,
    found: String(filter),
    where: 'filter',
    fix: suggestion === undefined ? 'Choose one of these filters.' : `Did you mean ${suggestion}?`,
  });
}
