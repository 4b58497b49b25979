import type { HostInput, Position } from '@ssl-scene/frameworks';
import type { Optimiser } from '@ssl-scene/nn';
import { disposeTree, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Batch } from '@ssl-scene/views';
import { type BatchRecord, firstNonFinite, nonFiniteError } from './non-finite.ts';
import { readScalars } from './scalars.ts';
import type { TrainState } from './train-state.ts';
import { type StepInputs, type TrainStep, trainStep } from './train-step.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';
import { uploadViews } from './upload.ts';

/** What one step did. */
export interface StepResult {
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether the state was left as it was, for a gradient that was not finite. */
  readonly skipped: boolean;
  readonly unreached: readonly string[];
}

/** Takes steps, and owns the state between them. */
export class StepRunner {
  readonly #options: ResolvedTrainerOptions;
  readonly #step: TrainStep;
  #state: TrainState;
  #skippedInARow = 0;

  constructor(options: ResolvedTrainerOptions, optimiser: Optimiser, state: TrainState) {
    const { framework, pairs, precision } = options;
    this.#options = options;
    this.#step = trainStep({ framework, pairs, optimiser, precision });
    this.#state = state;
  }

  get state(): TrainState {
    return this.#state;
  }

  /**
   * Takes a step on a batch. Give the batch back afterwards: its memory is in use until then.
   *
   * @throws SceneError where the loss is not finite, or too many gradients in a row; the state is that before the step.
   */
  async take(batch: Batch<Float32Array>, position: Position, learningRate: number): Promise<StepResult> {
    const inputs = this.#upload(batch, position, learningRate);
    const { state, metrics, unreached } = this.#step(this.#state, inputs);
    const values = await readScalars(metrics);
    disposeTree(metrics);
    const skipped = !Number.isFinite(values.gradientNorm);
    this.#skippedInARow = skipped ? this.#skippedInARow + 1 : 0;
    if (!Number.isFinite(values.loss) || this.#skippedInARow > this.#options.maxSkippedSteps) {
      disposeTree(state as unknown as TensorDict);
      throw this.#failure(values.loss!, inputs, {
        epoch: position.epoch,
        step: position.step,
        indices: [...batch.indices],
      });
    }
    disposeTree((skipped ? state : this.#state) as unknown as TensorDict);
    if (!skipped) this.#state = state;
    disposeTree(inputs as unknown as TensorDict);
    return { metrics: values, skipped, unreached };
  }

  /** Frees the graphs, not the state. */
  dispose(): void {
    this.#step.dispose();
  }

  #upload(batch: Batch<Float32Array>, position: Position, learningRate: number): StepInputs {
    const hostInputs = this.#options.framework.hostInputs?.({ ...position, batchSize: batch.size }) ?? {};
    return {
      views: uploadViews(batch.views, batch.size),
      framework: uploadHostInputs(hostInputs),
      learningRate: tf.scalar(learningRate),
      initialRate: tf.scalar(this.#options.learningRate),
    };
  }

  #failure(loss: number, inputs: StepInputs, record: BatchRecord): Error {
    const { framework, pairs } = this.#options;
    const first = firstNonFinite(framework, pairs, this.#state, inputs);
    disposeTree(inputs as unknown as TensorDict);
    return nonFiniteError(loss, first, record, this.#options.outDir);
  }
}

function uploadHostInputs(inputs: Readonly<Record<string, HostInput>>): TensorDict {
  const entries = Object.entries(inputs).map(([name, { shape, dtype, data }]) => [
    name,
    tf.tensor(data, [...shape], dtype),
  ]);
  return Object.fromEntries(entries);
}
