import type { RandomStream } from '@ssl-scene/random';
import type { Augmentation, Range } from './augmentation.ts';
import { checkAugmentations } from './augmentation-check.ts';
import type { Operation } from './operation.ts';

/** Decides whether and how one augmentation is done, and appends what is to be done. */
type Draw = (random: RandomStream, operations: Operation[]) => void;

/** A list of augmentations that has been checked and is ready to draw from. */
export class Pipeline {
  readonly #draws: readonly Draw[];

  /** @throws UNKNOWN_KIND, UNKNOWN_OPTION, MISSING_OPTION, BAD_VALUE, each naming the entry and the option */
  constructor(augmentations: readonly Augmentation[]) {
    checkAugmentations(augmentations);
    this.#draws = augmentations.map(drawOf);
  }

  /**
   * Draws what is to be done to one image. All randomness is here: the same stream gives the same operations, whatever
   * does them.
   */
  draw(random: RandomStream): Operation[] {
    const operations: Operation[] = [];
    for (const draw of this.#draws) draw(random, operations);
    return operations;
  }
}

function drawOf(augmentation: Augmentation): Draw {
  switch (augmentation.kind) {
    case 'horizontal-flip':
      return sometimes(augmentation.p ?? 0.5, always({ kind: 'horizontal-flip' }));
    case 'vertical-flip':
      return sometimes(augmentation.p ?? 0.5, always({ kind: 'vertical-flip' }));
    case 'grayscale':
      return sometimes(augmentation.p ?? 0.1, always({ kind: 'grayscale' }));
    case 'solarize':
      return sometimes(augmentation.p ?? 0.2, always({ kind: 'solarize', threshold: augmentation.threshold ?? 128 }));
    case 'posterize':
      return sometimes(augmentation.p ?? 0.5, always({ kind: 'posterize', bits: augmentation.bits }));
    case 'equalize':
      return sometimes(augmentation.p ?? 0.5, always({ kind: 'equalize' }));
    case 'autocontrast':
      return sometimes(augmentation.p ?? 0.5, always({ kind: 'autocontrast' }));
    case 'colour-jitter':
      return sometimes(augmentation.p ?? 1, jitter(augmentation));
    case 'gaussian-blur':
      return sometimes(augmentation.p ?? 0.5, blur(augmentation));
    case 'rotation':
      return sometimes(augmentation.p ?? 1, rotation(augmentation));
  }
}

function sometimes(p: number, draw: Draw): Draw {
  return (random, operations) => {
    if (random.bernoulli(p)) draw(random, operations);
  };
}

function always(operation: Operation): Draw {
  return (_, operations) => {
    operations.push(operation);
  };
}

function uniform(random: RandomStream, [low, high]: Range): number {
  return low === high ? low : random.uniform(low, high);
}

function blur({
  sigma = [0.1, 2],
  method = 'gaussian',
  kernelSize,
}: Extract<Augmentation, { kind: 'gaussian-blur' }>): Draw {
  if (method === 'pillow') {
    return (random, operations) => {
      operations.push({ kind: 'box-blur', radius: uniform(random, sigma) });
    };
  }
  const size = kernelSize === undefined ? {} : { kernelSize };
  return (random, operations) => {
    operations.push({ kind: 'gaussian-blur', sigma: uniform(random, sigma), ...size });
  };
}

function rotation({ degrees, filter = 'nearest', fill = 0 }: Extract<Augmentation, { kind: 'rotation' }>): Draw {
  const range: Range = typeof degrees === 'number' ? [-degrees, degrees] : degrees;
  return (random, operations) => {
    operations.push({ kind: 'rotate', degrees: uniform(random, range), filter, fill });
  };
}

type JitterStep = (random: RandomStream) => Operation;

function jitter(augmentation: Extract<Augmentation, { kind: 'colour-jitter' }>): Draw {
  // The steps stand where torchvision has them, and their factors are drawn in this order whatever the order of execution.
  const steps: readonly (JitterStep | undefined)[] = [
    factorStep('brightness', augmentation.brightness),
    factorStep('contrast', augmentation.contrast),
    factorStep('saturation', augmentation.saturation),
    hueStep(augmentation.hue),
  ];
  return (random, operations) => {
    const order = random.permutation(steps.length);
    const drawn = steps.map((step) => step?.(random));
    for (const position of order) {
      const operation = drawn[position];
      if (operation !== undefined) operations.push(operation);
    }
  };
}

function factorStep(
  kind: 'brightness' | 'contrast' | 'saturation',
  strength: number | Range | undefined,
): JitterStep | undefined {
  const range = typeof strength === 'number' ? ([Math.max(0, 1 - strength), 1 + strength] as const) : strength;
  if (range === undefined || (range[0] === 1 && range[1] === 1)) return undefined;
  return (random) => ({ kind, factor: uniform(random, range) });
}

function hueStep(strength: number | Range | undefined): JitterStep | undefined {
  const range = typeof strength === 'number' ? ([-strength, strength] as const) : strength;
  if (range === undefined || (range[0] === 0 && range[1] === 0)) return undefined;
  return (random) => ({ kind: 'hue', turn: uniform(random, range) });
}
