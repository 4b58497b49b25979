import { numberText } from './number-text.ts';

/** How an axis maps values to positions. */
export type Scale = 'linear' | 'log';

/** Values to positions along an axis, with the values to label. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Position in [0, 1] of a value. */
  readonly place: (value: number) => number;
  readonly label: (value: number) => string;
}

/** An axis that holds all of [low, high], its ends on the data for x and on round values for y (`widen`). */
export function makeAxis(low: number, high: number, scale: Scale, widen: boolean, tickCount: number): Axis {
  return scale === 'log' ? logAxis(low, high) : linearAxis(low, high, widen, tickCount);
}

function linearAxis(dataLow: number, dataHigh: number, widen: boolean, tickCount: number): Axis {
  const margin = dataHigh > dataLow ? 0 : Math.max(1e-12, Math.abs(dataLow) * 0.5, dataLow === 0 ? 1 : 0);
  let low = dataLow - margin;
  let high = dataHigh + margin;
  const step = roundStep((high - low) / tickCount);
  if (widen) {
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k <= Math.floor(high / step + 1e-9); k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return { low, high, ticks, place: (value) => (value - low) / (high - low), label: (value) => numberText(value, 6) };
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const mantissa = rough / power;
  if (mantissa <= 1 + 1e-9) return power;
  if (mantissa <= 2) return 2 * power;
  return mantissa <= 5 ? 5 * power : 10 * power;
}

function logAxis(dataLow: number, dataHigh: number): Axis {
  const low = 10 ** Math.floor(Math.log10(dataLow) + 1e-9);
  const upper = 10 ** Math.ceil(Math.log10(dataHigh) - 1e-9);
  const high = upper > low ? upper : low * 10;
  const decades = Math.round(Math.log10(high / low));
  const stride = Math.ceil(decades / 6);
  const first = Math.round(Math.log10(low));
  const ticks: number[] = [];
  for (let k = 0; k <= decades; k += stride) ticks.push(Number(`1e${first + k}`));
  const place = (value: number): number => Math.log10(value / low) / Math.log10(high / low);
  return { low, high, ticks, place, label: (value) => numberText(value, 3) };
}
