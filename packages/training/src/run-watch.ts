import type { Position } from '@ssl-scene/frameworks';
import { jointNorm } from '@ssl-scene/nn';
import { disposeTree, type Tree, tf } from '@ssl-scene/tensors';
import type { Batch } from '@ssl-scene/views';
import { type CollapseWatch, collapseWatch } from './collapse-watch.ts';
import { evaluatedBackbone } from './evaluated-backbone.ts';
import { type FeatureSample, featureSample } from './feature-sample.ts';
import { dependsOnFollowers } from './follower-check.ts';
import type { MaskingFeed } from './masking-feed.ts';
import { uploadBatch } from './step-upload.ts';
import type { TrainState } from './train-state.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

const EVERY_STEPS = 25;

/** A step as {@link RunWatch} sees it. */
export interface StepToWatch {
  /** Steps of the run that are done. */
  readonly step: number;
  readonly learningRate: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly state: TrainState;
  /** The step's last batch, not yet released. */
  readonly batch: Batch<Float32Array>;
  /** Where the step stands. */
  readonly position: Position;
}

/** What a look found. */
export interface Watched {
  readonly warnings: readonly string[];
  /** Effective number of directions of the features, and of how many images, where it was determined. */
  readonly rank: { readonly rank: number; readonly rows: number } | undefined;
}

/** Watches a run's steps, and now and then its features. */
export class RunWatch {
  readonly #options: ResolvedTrainerOptions;
  readonly #everySteps: number;
  readonly #view: string;
  readonly #signs: CollapseWatch;
  readonly #sample: FeatureSample;
  readonly #masking: MaskingFeed | undefined;

  constructor(options: ResolvedTrainerOptions, everySteps: number, { params }: TrainState, feed?: MaskingFeed) {
    const { framework, pairs, batchSize, precision, masking } = options;
    this.#options = options;
    this.#everySteps = everySteps;
    const { a } = pairs[0]!;
    this.#view = masking?.masker.plan[a]?.from ?? a;
    this.#masking = feed;
    const parameterNorm = tf.tidy(() => jointNorm(params).dataSync()[0]!);
    this.#signs = collapseWatch({ collapsedLoss: framework.collapsedLoss(pairs, batchSize), parameterNorm });
    this.#sample = featureSample({ backbone: evaluatedBackbone(options) }, precision);
  }

  async look(watched: StepToWatch): Promise<Watched> {
    const { step, learningRate, metrics, state, batch } = watched;
    const isDue = this.#everySteps > 0 && step % this.#everySteps === 0;
    if (isDue) await this.#sample.add(state, batch.views[this.#view]!, batch.size);
    const rank = isDue ? this.#sample.rank() : undefined;
    const rateShare = this.#isWarmingUp(watched) ? 0 : learningRate / this.#options.learningRate;
    const signs = this.#signs.look({ step, metrics, rateShare, ...(rank && { rank: rank.rank }) });
    return { warnings: step === 1 ? [...(await this.#checkFollowers(watched)), ...signs] : signs, rank };
  }

  /** With parameters at rest (SwAV's and DINO's prototypes at the start) the loss may still be where it began. */
  #isWarmingUp({ position, batch }: StepToWatch): boolean {
    const { framework, learningRate } = this.#options;
    const phase = framework.phase?.({ ...position, batchSize: batch.size });
    return learningRate === 0 || (phase?.frozen?.length ?? 0) > 0;
  }

  async #checkFollowers({ learningRate, state, batch, position }: StepToWatch): Promise<string[]> {
    const { framework } = this.#options;
    const inputs = await uploadBatch(this.#options, this.#masking, { batch, position, part: 0, learningRate });
    const isGood = await dependsOnFollowers(this.#options, state, inputs, this.#masking?.network);
    disposeTree(inputs as unknown as Tree);
    if (isGood) return [];
    return [
      `Step 1: the loss of ${framework.name} does not depend on its moving average: the network learns from itself, as ` +
        'without a stop-gradient, and will collapse. Correct `prepare` of `framework`.',
    ];
  }

  dispose(): void {
    this.#sample.dispose();
  }
}

/** The watch that the options ask for. */
export function openRunWatch(
  options: ResolvedTrainerOptions,
  state: TrainState,
  feed?: MaskingFeed,
): RunWatch | undefined {
  const { watch = {} } = options;
  return watch === false ? undefined : new RunWatch(options, watch.everySteps ?? EVERY_STEPS, state, feed);
}
