import { type HostInput, type Position, scalarInput } from '@ssl-scene/frameworks';
import type { Optimiser } from '@ssl-scene/nn';
import { disposeTree, type TensorDict, type Tree, tf } from '@ssl-scene/tensors';
import type { Batch } from '@ssl-scene/views';
import { type AccumulatedStep, accumulatedStep, type GradientSum } from './accumulated-step.ts';
import type { MaskingFeed } from './masking-feed.ts';
import { firstNonFinite, nonFiniteError, type SkippedStep } from './non-finite.ts';
import type { Recipe } from './recipe.ts';
import { readScalars } from './scalars.ts';
import type { StepInputs } from './step-inputs.ts';
import { maskStep } from './step-masking.ts';
import { type PlacedBatch, uploadBatch, uploadPosition } from './step-upload.ts';
import type { TrainState } from './train-state.ts';
import { type TrainStep, trainStep } from './train-step.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** What one step did. */
export interface StepResult {
  readonly metrics: Readonly<Record<string, number>>;
  /** Where the state was left as it was: why. */
  readonly skipped: SkippedStep | undefined;
  readonly unreached: readonly string[];
  /** Of all images of the step. */
  readonly indices: Uint32Array;
}

/** What the batches of an unfinished step have given. */
interface Part {
  readonly sum: GradientSum;
  readonly rows: number;
  readonly indices: readonly number[];
  readonly batches: number;
  /** Sum over the images of the batches' metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly unreached: readonly string[];
  /** A value that was not finite; nothing is added any more. */
  readonly fault: Fault | undefined;
}

type Fault = Pick<SkippedStep, 'first' | 'loss'>;
type TakenStep = Omit<StepResult, 'skipped'> & { readonly fault: Fault | undefined };

/** Keeps moving averages of parameters where they are. */
const STILL = { momentum: scalarInput(1) };

/** Takes steps, and owns the state between them. */
export class StepRunner {
  readonly #options: ResolvedTrainerOptions;
  readonly #masking: MaskingFeed | undefined;
  readonly #recipe: Recipe;
  readonly #step: TrainStep;
  readonly #accumulated: AccumulatedStep;
  #state: TrainState;
  #part: Part | undefined;
  /** The steps that were skipped since the last that was not. */
  #skipped: SkippedStep[] = [];

  /** @param feed what masks need, where there are any; not closed by the runner. */
  constructor(options: ResolvedTrainerOptions, optimiser: Optimiser, state: TrainState, feed?: MaskingFeed) {
    const { framework, pairs, precision, clipGradients, masking } = options;
    this.#options = options;
    this.#masking = feed;
    this.#recipe = {
      framework,
      pairs,
      optimiser,
      precision,
      ...(clipGradients && { clipGradients }),
      ...(masking && { masking }),
    };
    this.#step = trainStep(this.#recipe);
    this.#accumulated = accumulatedStep(this.#recipe);
    this.#state = state;
  }

  get state(): TrainState {
    return this.#state;
  }

  /**
   * Takes a batch, and a step where it is the last batch of one; `undefined` where it is not. Give the batch back
   * afterwards: its memory is in use until then.
   *
   * @throws SceneError where too many steps in a row are not finite; the state is that before them.
   */
  async feed(batch: Batch<Float32Array>, position: Position, learningRate: number): Promise<StepResult | undefined> {
    const taken =
      this.#options.accumulate === 1
        ? await this.#takeWhole(batch, position, learningRate)
        : await this.#takePart(batch, position, learningRate);
    if (taken === undefined) return undefined;
    const { fault, ...rest } = taken;
    return { ...rest, skipped: this.#count(fault, taken.indices, position) };
  }

  /** Frees everything but the state. */
  dispose(): void {
    this.#step.dispose();
    this.#accumulated.dispose();
    this.#dropPart();
  }

  async #takeWhole(batch: Batch<Float32Array>, position: Position, learningRate: number): Promise<TakenStep> {
    const inputs = await this.#upload({ batch, position, part: 0, learningRate });
    const { state, metrics, unreached } = this.#step(this.#state, inputs, this.#masking?.network);
    const values = await this.#adopt(state, metrics);
    const fault = areFinite(values) ? undefined : this.#diagnose(values, inputs);
    disposeTree(inputs as unknown as Tree);
    return { metrics: values, fault, unreached, indices: batch.indices.slice() };
  }

  #upload(placed: PlacedBatch, change: Readonly<Record<string, HostInput>> = {}): Promise<StepInputs> {
    return uploadBatch(this.#options, this.#masking, placed, change);
  }

  /** Reads the metrics, and replaces the state if they are finite. */
  async #adopt(state: TrainState, metrics: TensorDict): Promise<Record<string, number>> {
    const values = await readScalars(metrics);
    disposeTree(metrics);
    const isGood = areFinite(values);
    disposeTree((isGood ? this.#state : state) as unknown as TensorDict);
    if (isGood) this.#state = state;
    return values;
  }

  async #takePart(
    batch: Batch<Float32Array>,
    position: Position,
    learningRate: number,
  ): Promise<TakenStep | undefined> {
    const part = this.#part ?? emptyPart(this.#state);
    const placed = { batch, position, part: part.batches, learningRate };
    const inputs = await this.#upload(placed, part.batches === 0 ? {} : STILL);
    const next = part.fault ? skipBatch(part, batch) : await this.#add(part, batch, inputs);
    this.#part = next;
    const isLast = next.batches === this.#options.accumulate;
    const done = isLast ? await this.#finish(next, batch, position, learningRate) : undefined;
    disposeTree(inputs as unknown as Tree);
    return done;
  }

  async #add(part: Part, batch: Batch<Float32Array>, inputs: StepInputs): Promise<Part> {
    const rows = tf.scalar(batch.size);
    const { sum, metrics, unreached } = this.#accumulated.add(
      this.#state.params,
      part.sum,
      inputs,
      rows,
      this.#masking?.network,
    );
    const values = await readScalars(metrics);
    disposeTree([metrics, rows] as unknown as Tree);
    if (part.batches > 0) disposeTree(part.sum as unknown as Tree);
    return {
      sum,
      rows: part.rows + batch.size,
      indices: [...part.indices, ...batch.indices],
      batches: part.batches + 1,
      metrics: added(part.metrics, values, batch.size),
      unreached,
      fault: areFinite(values) ? undefined : this.#diagnose(values, inputs),
    };
  }

  async #finish(part: Part, batch: Batch<Float32Array>, position: Position, learningRate: number): Promise<TakenStep> {
    const { rows, indices, unreached, sum } = part;
    const means = Object.fromEntries(Object.entries(part.metrics).map(([name, value]) => [name, value / rows]));
    let { fault } = part;
    let metrics: Record<string, number> = means;
    if (!fault) {
      const inputs = uploadPosition(this.#options, { ...position, batchSize: batch.size }, learningRate);
      const count = tf.scalar(rows);
      const output = this.#accumulated.finish(this.#state, sum, inputs, count);
      metrics = { ...means, ...(await this.#adopt(output.state, output.metrics)) };
      disposeTree([inputs, count] as unknown as Tree);
      if (!areFinite(metrics)) fault = { loss: metrics.loss!, first: AFTER_UPDATE };
    }
    this.#dropPart();
    return { metrics, fault, unreached, indices: Uint32Array.from(indices) };
  }

  #dropPart(): void {
    if (this.#part && this.#part.batches > 0) disposeTree(this.#part.sum as unknown as Tree);
    this.#part = undefined;
  }

  /** Looking for the cause takes several steps' time, so it is done for the first of several faults in a row. */
  #diagnose(values: Readonly<Record<string, number>>, inputs: StepInputs): Fault {
    const { loss = Number.NaN } = values;
    if (this.#skipped.length > 0) return { loss };
    const { framework, pairs } = this.#options;
    const found = tf.tidy(() => {
      const masked = maskStep(this.#recipe, this.#state, inputs, this.#masking?.network);
      return firstNonFinite(framework, pairs, this.#state, masked.inputs) as unknown as tf.TensorContainer;
    }) as unknown as string | undefined;
    const first = found ?? (Number.isFinite(values.gradientNorm) ? AFTER_UPDATE : undefined);
    return { loss, ...(first !== undefined && { first }) };
  }

  #count(fault: Fault | undefined, indices: Uint32Array, { epoch, step }: Position): SkippedStep | undefined {
    if (!fault) {
      this.#skipped = [];
      return undefined;
    }
    const skipped: SkippedStep = { epoch, step, ...fault, indices: [...indices] };
    this.#skipped.push(skipped);
    if (this.#skipped.length <= this.#options.maxSkippedSteps) return skipped;
    throw nonFiniteError(this.#skipped, this.#options.outDir);
  }
}

const AFTER_UPDATE = 'the parameters or running statistics after the update';

/** Scalars that a part of a step does not have do not count. */
function areFinite(values: Readonly<Record<string, number>>): boolean {
  const { loss = 0, gradientNorm = 0, parameterNorm = 0, statisticsNorm = 0 } = values;
  return [loss, gradientNorm, parameterNorm, statisticsNorm].every(Number.isFinite);
}

function emptyPart({ buffers }: TrainState): Part {
  const sum = { grads: {}, buffers };
  return { sum, rows: 0, indices: [], batches: 0, metrics: {}, unreached: [], fault: undefined };
}

function skipBatch(part: Part, batch: Batch<Float32Array>): Part {
  return { ...part, batches: part.batches + 1, indices: [...part.indices, ...batch.indices] };
}

function added(
  sums: Readonly<Record<string, number>>,
  values: Readonly<Record<string, number>>,
  rows: number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, (sums[name] ?? 0) + value * rows]));
}
