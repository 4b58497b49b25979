/**
 * Eight hues that people with colour-blindness can tell apart (Okabe and Ito 2008, the yellow darkened so that it shows on
 * white); series beyond the eighth start again with another dash.
 */
const HUES: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#b8860b',
  '#56b4e9',
  '#7f7f7f',
  '#e69f00',
];
const DASHES: readonly string[] = ['none', '7 4', '2 3', '9 3 2 3'];

/** Stroke colour of the n-th series. */
export function seriesColour(index: number): string {
  return HUES[index % HUES.length]!;
}

/** SVG `stroke-dasharray` of the n-th series. */
export function seriesDash(index: number): string {
  return DASHES[Math.floor(index / HUES.length) % DASHES.length]!;
}
