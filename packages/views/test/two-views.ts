import type { ViewPlan } from '@ssl-scene/views';

const jitter = { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 } as const;

/** A plan in which every kind of draw happens. */
export const TWO_VIEWS: ViewPlan = {
  views: [
    {
      name: 'a',
      size: 8,
      crop: { kind: 'random-resized', scale: [0.2, 1] },
      augmentations: [{ kind: 'horizontal-flip', p: 0.5 }, jitter, { kind: 'grayscale', p: 0.2 }],
    },
    {
      name: 'b',
      size: 6,
      crop: { kind: 'random-resized', scale: [0.2, 1] },
      augmentations: [jitter, { kind: 'gaussian-blur', p: 0.5 }, { kind: 'horizontal-flip', p: 0.5 }],
    },
  ],
};

/** Views wide enough for the vector kernels of the engine, together doing every operation there is. */
export const EVERY_OPERATION: ViewPlan = {
  views: [
    {
      name: 'wide',
      size: 37,
      crop: { kind: 'random-resized', scale: [0.2, 1] },
      augmentations: [
        { kind: 'horizontal-flip', p: 0.5 },
        jitter,
        { kind: 'gaussian-blur', kernelSize: 9, p: 0.8 },
        { kind: 'solarize', p: 0.5 },
        { kind: 'posterize', bits: 5 },
      ],
    },
    {
      name: 'wider',
      size: 64,
      crop: { kind: 'random-resized', scale: [0.2, 1] },
      augmentations: [
        { kind: 'vertical-flip', p: 0.5 },
        { kind: 'gaussian-blur', method: 'pillow', p: 0.8 },
        { kind: 'equalize', p: 0.5 },
        { kind: 'rotation', degrees: 20 },
        { kind: 'autocontrast', p: 0.5 },
        { kind: 'grayscale', p: 0.2 },
      ],
    },
  ],
};

/** Whole images at their own proportions, untouched. */
export function wholeView(size: number): ViewPlan {
  return { views: [{ name: 'whole', size, crop: { kind: 'whole' }, augmentations: [] }] };
}
