import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backbone, cifarResnet } from '@ssl-scene/backbones';
import type { DatasetSource } from '@ssl-scene/datasets';
import {
  barlowTwins,
  byol,
  denseCl,
  dino,
  type Framework,
  moCo,
  nnclr,
  simClr,
  simSiam,
  swav,
  vicReg,
} from '@ssl-scene/frameworks';
import { loadNative } from '@ssl-scene/native';
import type { BackendName } from '@ssl-scene/tensors';
import type { StepEvent, TrainerOptions } from '@ssl-scene/training';
import type { ViewPlan } from '@ssl-scene/views';

/** The fast backends of this machine. */
export const backends: readonly BackendName[] = 'module' in loadNative() ? ['native', 'wasm'] : ['wasm'];

/** A folder of its own below the system's temporary one. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'ssl-scene-training-'));

const side = 16;
const jitter = { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 } as const;

export function tinySource(options: {
  length: number;
  constant?: boolean;
  different?: number;
  bad?: number;
}): DatasetSource {
  return { kind: 'plugin', module: new URL('./fixtures/tiny-images.mjs', import.meta.url).href, options };
}

export function tinyPlan(kind: 'random-resized' | 'contrastive' = 'random-resized'): ViewPlan {
  const view = { size: side, crop: { kind, scale: [0.3, 1] as const }, augmentations: [jitter] };
  return {
    views: [
      { name: 'a', ...view },
      { name: 'b', ...view },
    ],
  };
}

/** Crops alone, and large ones: a few steps are enough to learn something. */
export function easyPlan(): ViewPlan {
  const crop = { kind: 'random-resized', scale: [0.5, 1] as const } as const;
  return { views: tinyPlan().views.map((view) => ({ ...view, crop, augmentations: [] })) };
}

export const tinyBackbone = (): Backbone => cifarResnet({ depth: 8, width: 4 });

export function tinyFramework(): Framework {
  return simClr({ backbone: tinyBackbone(), dimension: 16, temperature: 0.5 });
}

/** All frameworks, as small as they go; what they freeze or switch on later changes within a few steps. */
export const tinyFrameworks = {
  simclr: tinyFramework,
  moco: () => moCo({ backbone: tinyBackbone(), dimension: 16, queueLength: 20, splits: 2 }),
  byol: () => byol({ backbone: tinyBackbone(), hidden: 16, dimension: 8 }),
  simsiam: () => simSiam({ backbone: tinyBackbone(), dimension: 16 }),
  'barlow-twins': () => barlowTwins({ backbone: tinyBackbone(), hidden: 16 }),
  vicreg: () => vicReg({ backbone: tinyBackbone(), hidden: 16 }),
  nnclr: () => nnclr({ backbone: tinyBackbone(), hidden: 16, dimension: 8, predictorHidden: 16, queueLength: 20 }),
  densecl: () => denseCl({ backbone: tinyBackbone(), dimension: 8, queueLength: 20, splits: 2 }),
  swav: () =>
    swav({
      backbone: tinyBackbone(),
      hidden: 16,
      dimension: 8,
      prototypes: 6,
      queueLength: 20,
      queueStartEpoch: 1,
      freezePrototypesSteps: 5,
    }),
  dino: () => dino({ backbone: tinyBackbone(), hidden: 32, dimension: 16, prototypes: 32 }),
} satisfies Record<string, () => Framework>;

export type TinyFramework = keyof typeof tinyFrameworks;

/**
 * Options by which a tiny framework learns. Losses that are sums over dimensions have larger gradients; those of DINO's head
 * grow as its small initial outputs are brought to length 1, which only an optimiser that looks at their ratio bears.
 */
export function learningOptions(name: TinyFramework): Pick<TrainerOptions, 'framework' | 'learningRate' | 'optimiser'> {
  const framework = tinyFrameworks[name]();
  const sgd = { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } as const;
  if (name === 'dino') return { framework, learningRate: 0.003, optimiser: { kind: 'adamw', weightDecay: 0.04 } };
  const isSum = name === 'barlow-twins' || name === 'vicreg';
  return { framework, learningRate: isSum ? 0.002 : 0.05, optimiser: sgd };
}

/** Options of a run of 3 epochs of 4 steps that takes a second or two. */
export function tinyOptions(changes: Partial<TrainerOptions> = {}): TrainerOptions {
  return {
    framework: tinyFramework(),
    plan: tinyPlan(),
    source: tinySource({ length: 34 }),
    optimiser: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: 0.05,
    schedule: { kind: 'step-cosine', warmupEpochs: 0 },
    epochs: 3,
    batchSize: 8,
    seed: 5,
    workers: 0,
    handleSignals: false,
    progress: false,
    ...changes,
  };
}

/** Options that stop a run after so many steps, as Ctrl-C would. */
export function stoppedAfter(step: number, changes: Partial<TrainerOptions>): TrainerOptions {
  const controller = new AbortController();
  const onStep = (event: StepEvent): void => {
    if (event.step === step) controller.abort();
  };
  return tinyOptions({ ...changes, signal: controller.signal, hooks: { onStep } });
}
