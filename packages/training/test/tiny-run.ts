import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resnet } from '@ssl-scene/backbones';
import type { DatasetSource } from '@ssl-scene/datasets';
import { type Framework, simClr } from '@ssl-scene/frameworks';
import { loadNative } from '@ssl-scene/native';
import type { BackendName } from '@ssl-scene/tensors';
import type { TrainerOptions } from '@ssl-scene/training';
import type { ViewPlan } from '@ssl-scene/views';

/** The fast backends of this machine. */
export const backends: readonly BackendName[] = 'module' in loadNative() ? ['native', 'wasm'] : ['wasm'];

/** A folder of its own below the system's temporary one. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'ssl-scene-training-'));

const side = 16;
const jitter = { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 } as const;

export function tinySource(options: { length: number; constant?: boolean; bad?: number }): DatasetSource {
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

export function tinyFramework(): Framework {
  const backbone = resnet({ depth: 18, width: 4, stem: 'small' });
  return simClr({ backbone, dimension: 16, temperature: 0.5 });
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
