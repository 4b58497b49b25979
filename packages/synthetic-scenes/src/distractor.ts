import type { RandomStream } from '@ssl-scene/random';
import type { Colour } from './palette.ts';

/** Distance from a shape's edge in pixels, negative inside; `a` and `b` are half its extents, the origin is its centre. */
type Outline = (x: number, y: number, a: number, b: number) => number;

// Math.hypot guards against overflow, at ten times the price of this.
const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

const OUTLINES: readonly Outline[] = [
  // Ellipse: exact on its axes, near enough elsewhere for an edge one pixel wide.
  (x, y, a, b) => (length(x / a, y / b) - 1) * Math.min(a, b),
  // Rectangle.
  (x, y, a, b) => Math.max(Math.abs(x) - a, Math.abs(y) - b),
  // Triangle, point upwards.
  (x, y, a, b) => Math.max(y - b, (2 * b * Math.abs(x) - a * (y + b)) / length(2 * b, a)),
  // Bar with round ends.
  (x, y, a, b) => length(Math.max(Math.abs(x) - a, 0), y) - 0.35 * b,
  // Ring.
  (x, y, a, b) => Math.abs((length(x / a, y / b) - 0.7) * Math.min(a, b)) - 0.25 * Math.min(a, b),
];

/**
 * Draws a shape of random kind, size, turn and colours over an RGB image (floats 0 … 255): one shape within another, as the
 * details of a drawing are, so that its edges are as many as an object's.
 */
export function drawDistractor(
  image: Float32Array,
  width: number,
  height: number,
  palette: readonly Colour[],
  random: RandomStream,
): void {
  const side = Math.min(width, height);
  const outline = OUTLINES[random.integer(0, OUTLINES.length)]!;
  const inner = OUTLINES[random.integer(0, OUTLINES.length)]!;
  const a = side * random.uniform(0.06, 0.2);
  const b = a * random.uniform(0.5, 1);
  const centreX = random.uniform(0, width);
  const centreY = random.uniform(0, height);
  const angle = random.uniform(0, 2 * Math.PI);
  const colour = palette[random.integer(0, palette.length)]!;
  const innerColour = palette[random.integer(0, palette.length)]!;
  const innerShare = random.uniform(0.4, 0.7);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];

  const reach = Math.hypot(a, b) + 1;
  const top = Math.max(0, Math.floor(centreY - reach));
  const bottom = Math.min(height, Math.ceil(centreY + reach));
  const left = Math.max(0, Math.floor(centreX - reach));
  const right = Math.min(width, Math.ceil(centreX + reach));
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const dx = column + 0.5 - centreX;
      const dy = row + 0.5 - centreY;
      const x = cos * dx + sin * dy;
      const y = cos * dy - sin * dx;
      const cover = coverage(outline(x, y, a, b));
      if (cover === 0) continue;
      const innerCover = coverage(inner(x, y, a * innerShare, b * innerShare));
      const at = 3 * (row * width + column);
      for (let channel = 0; channel < 3; channel++) {
        const shape = colour[channel]! + innerCover * (innerColour[channel]! - colour[channel]!);
        image[at + channel]! += cover * (shape - image[at + channel]!);
      }
    }
  }
}

/** Share of a pixel that lies inside an edge at a distance. */
function coverage(distance: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance));
}
