import { SceneError } from '@ssl-scene/errors';
import { contrastiveCropCosine, epochCosine, multiStep, openSelfSupCosine, stepCosine } from '@ssl-scene/nn';

/** How the learning rate changes during a run, as plain data. */
export type ScheduleSpec =
  /** The same rate throughout. */
  | { readonly kind: 'constant' }
  /** Cosine to 0, constant within an epoch (MoCo, SimSiam). */
  | { readonly kind: 'epoch-cosine' }
  /** Cosine to `decayRate` times the rate, constant within an epoch. Default `decayRate` 0.1. */
  | { readonly kind: 'contrastive-crop-cosine'; readonly decayRate?: number }
  /** Times `decayRate` after each of the epochs `milestones`, counted from 1. Default `decayRate` 0.1. */
  | { readonly kind: 'multi-step'; readonly milestones: readonly number[]; readonly decayRate?: number }
  /**
   * Linear warm-up from 0, then cosine to `decayRate` times the rate, changing at every step (SimCLR and BYOL to 0, SwAV to
   * 0.001). Default `warmupEpochs` 0, `decayRate` 0.
   */
  | { readonly kind: 'step-cosine'; readonly warmupEpochs?: number; readonly decayRate?: number }
  /** OpenSelfSup's warm-up times its cosine by epochs. Default `warmupEpochs` 0, `warmupRatio` 0.0001. */
  | { readonly kind: 'openselfsup-cosine'; readonly warmupEpochs?: number; readonly warmupRatio?: number };

/** Length of a run and the rate that its schedule starts from. */
export interface RunLength {
  readonly learningRate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step, counted from 0 over the whole run: a function of nothing else. */
export function learningRateAt(schedule: ScheduleSpec, step: number, run: RunLength): number {
  const { learningRate, epochs, stepsPerEpoch } = run;
  const epoch = Math.floor(step / stepsPerEpoch);
  switch (schedule.kind) {
    case 'constant':
      return learningRate;
    case 'epoch-cosine':
      return epochCosine(epoch, { learningRate, epochs });
    case 'contrastive-crop-cosine':
      return contrastiveCropCosine(epoch + 1, { learningRate, epochs, ...decay(schedule) });
    case 'multi-step':
      return multiStep(epoch + 1, { learningRate, milestones: schedule.milestones, ...decay(schedule) });
    case 'step-cosine': {
      const warmupSteps = (schedule.warmupEpochs ?? 0) * stepsPerEpoch;
      const end = learningRate * (schedule.decayRate ?? 0);
      return stepCosine(step, { learningRate, steps: epochs * stepsPerEpoch, warmupSteps, end });
    }
    case 'openselfsup-cosine': {
      const { warmupEpochs = 0, warmupRatio = 1e-4 } = schedule;
      const iterationsPerEpoch = stepsPerEpoch;
      return openSelfSupCosine(step, { learningRate, epochs, warmupEpochs, warmupRatio, iterationsPerEpoch });
    }
    default:
      throw new SceneError({
        code: 'UNKNOWN_SCHEDULE',
        expected: 'constant, epoch-cosine, contrastive-crop-cosine, multi-step, step-cosine or openselfsup-cosine',
        found: JSON.stringify((schedule as { kind: unknown }).kind),
        where: 'schedule.kind',
        fix: 'Choose one of them.',
      });
  }
}

function decay({ decayRate }: { readonly decayRate?: number }): { decayRate?: number } {
  return decayRate === undefined ? {} : { decayRate };
}
