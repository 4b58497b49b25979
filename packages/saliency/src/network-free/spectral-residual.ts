import type { Raster } from '@ssl-scene/geometry';
import { upsampleBilinear } from '../heat-map.ts';
import { gaussianKernel, separableFilter } from './blur.ts';
import { fourierTransform } from './fourier.ts';
import { greyLevels } from './grey.ts';
import type { NetworkFreeMap } from './network-free-map.ts';

/** Side of the square that the image is reduced to. */
const SIDE = 64;
const THIRD = 1 / 3;

/**
 * Spectral residual (Hou and Zhang, CVPR 2007) as OpenCV's `StaticSaliencySpectralResidual` computes it: the image in grey at
 * 64 × 64, its amplitude spectrum replaced by what exceeds the local mean of the logarithm, transformed back, blurred
 * and squared. Finds small things that stand out; hollow for large ones.
 *
 * @returns 64 × 64 values from 0 to 1, the largest 1; all 0 for an image of one colour
 */
export function spectralResidual(image: Raster): NetworkFreeMap {
  const reduced = upsampleBilinear(greyLevels(image), [image.height, image.width], [SIDE, SIDE]).map(Math.round);
  const values = { real: reduced, imaginary: new Float64Array(SIDE * SIDE) };
  if (reduced.every((level) => level === reduced[0])) return { width: SIDE, height: SIDE, data: values.imaginary };
  fourierTransform(values, SIDE);
  keepResidual(values.real, values.imaginary);
  fourierTransform(values, SIDE, true);
  const magnitude = values.real.map((real, place) => Math.hypot(real, values.imaginary[place]!));
  const blurred = separableFilter(magnitude, SIDE, SIDE, gaussianKernel(5, 8));
  const largest = blurred.reduce((most, value) => Math.max(most, value)) ** 2;
  return { width: SIDE, height: SIDE, data: blurred.map((value) => value ** 2 / largest) };
}

/** Replaces amplitudes by the exponential of the spectral residual; phases stay. */
function keepResidual(real: Float64Array, imaginary: Float64Array): void {
  const amplitude = real.map((value, place) => Math.hypot(value, imaginary[place]!));
  // A frequency that the image lacks altogether would have an infinite logarithm.
  const logAmplitude = amplitude.map((value) => Math.log(Math.max(value, 1e-9)));
  const local = separableFilter(logAmplitude, SIDE, SIDE, [THIRD, THIRD, THIRD]);
  for (let place = 0; place < real.length; place++) {
    const scale = Math.exp(logAmplitude[place]! - local[place]!) / Math.max(amplitude[place]!, 1e-9);
    real[place]! *= scale;
    imaginary[place]! *= scale;
  }
}
