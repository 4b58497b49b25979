/**
 * A number as people read it: at most `digits` significant digits, no trailing zeros, a thin exponent form outside
 * [1e-4, 1e7); `–` for NaN.
 */
export function numberText(value: number, digits = 4): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (Number.isInteger(value) && magnitude < 1e7) return sign + String(magnitude);
  const rounded = Number(magnitude.toPrecision(digits));
  if (rounded >= 1e-4 && rounded < 1e7) return sign + String(rounded);
  const [mantissa, exponent] = rounded.toExponential().split('e') as [string, string];
  return `${sign}${mantissa}e${exponent.replace('+', '').replace('-', '−')}`;
}
