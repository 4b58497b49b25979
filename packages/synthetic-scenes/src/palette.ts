import type { RandomStream } from '@ssl-scene/random';

/** Red, green, blue, each 0 … 255. */
export type Colour = readonly [number, number, number];

/** Five colours of a scene, as saturated as drawings are; the first two differ in lightness, so that a pattern of them shows. */
export function randomPalette(random: RandomStream): Colour[] {
  const dark = random.uniform(0.1, 0.5);
  const lightness = [dark, dark + random.uniform(0.3, 0.45), random.uniform(0.1, 0.9), random.uniform(0.1, 0.9), 0.9];
  return lightness.map((value) => hslColour(random.uniform(), random.uniform(0.25, 0.95), value));
}

/** Hue (a turn is 1), saturation and lightness in [0, 1] to RGB. */
function hslColour(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const sector = (offset + 12 * hue) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(sector - 3, 9 - sector, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}
