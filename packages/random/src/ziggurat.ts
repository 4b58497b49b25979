/** Layers of the ziggurat, so that 8 bits choose one. */
const LAYERS = 256;

/** Where the lowest layer's rectangle ends and the tail begins, for 256 layers of equal area. */
export const TAIL_START = 3.6541528853610088;

const density = (x: number): number => Math.exp(-0.5 * x * x);

/**
 * The layers of Marsaglia and Tsang's ziggurat under exp(-x^2 / 2) ("The ziggurat method for generating random variables",
 * 2000). Layer i lies between heights `height[i]` and `height[i + 1]` and is `edge[i]` wide; everything right of
 * `edge[i + 1]` in it may lie above the curve. Layer 0 is the lowest: its width stands for a rectangle and the tail together.
 */
export interface Ziggurat {
  readonly edge: Float64Array;
  readonly height: Float64Array;
}

function buildZiggurat(): Ziggurat {
  const edge = new Float64Array(LAYERS + 1);
  const height = new Float64Array(LAYERS + 1);
  const tailArea = Math.sqrt(Math.PI / 2) * complementaryError(TAIL_START / Math.SQRT2);
  const area = TAIL_START * density(TAIL_START) + tailArea;
  edge[0] = area / density(TAIL_START);
  edge[1] = TAIL_START;
  height[1] = density(TAIL_START);
  for (let layer = 1; layer < LAYERS - 1; layer++) {
    height[layer + 1] = height[layer]! + area / edge[layer]!;
    edge[layer + 1] = Math.sqrt(-2 * Math.log(height[layer + 1]!));
  }
  // The top of the curve, which the recurrence reaches up to rounding.
  height[LAYERS] = 1;
  edge[LAYERS] = 0;
  return { edge, height };
}

/** erfc(x) for x above 2 by Laplace's continued fraction, evaluated from deep enough for full double precision. */
function complementaryError(x: number): number {
  let fraction = x;
  for (let term = 60; term >= 1; term--) fraction = x + term / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

export const ziggurat: Ziggurat = buildZiggurat();
