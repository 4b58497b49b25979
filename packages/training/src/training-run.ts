import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type BadImage, openDataset } from '@ssl-scene/datasets';
import type { Variables } from '@ssl-scene/nn';
import { currentBackend, disposeTree } from '@ssl-scene/tensors';
import { type Batch, createViewLoader, type ViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { type CheckpointWriter, checkpointWriter } from './checkpoint-writer.ts';
import { type CollapseWatch, collapseWatch } from './collapse-watch.ts';
import { type Interruption, watchInterruption } from './interruption.ts';
import { learningRateAt } from './learning-rate.ts';
import { MetricMeans } from './metric-means.ts';
import { buildOptimiser } from './optimiser-spec.ts';
import { createRegionRefresher, type RegionRefresher } from './region-refresher.ts';
import { CHECKPOINTS, encodeRun, type RunFacts, regionsFile } from './run-checkpoint.ts';
import { RunReporter } from './run-reporter.ts';
import { checkResumable, findStart, startState } from './run-start.ts';
import { type Speed, startSpeedometer } from './speedometer.ts';
import { StepRunner } from './step-runner.ts';
import type { StepEvent } from './trainer-hooks.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

export interface RunOptions {
  /** Go on from the newest whole checkpoint of the run's folder; from the beginning where it has none. Default false. */
  readonly resume?: boolean;
}

/** How a run ended; plain data. */
export interface RunResult {
  /** False where it was stopped before its last step. */
  readonly completed: boolean;
  /** What stopped it: a signal's name or `abort`. */
  readonly stoppedBy?: string;
  /** Whole epochs, and steps, that are done. */
  readonly epoch: number;
  readonly step: number;
  /** Mean metrics of the last epoch, or of what of it was done. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The last checkpoint; absent where nothing is written. */
  readonly checkpoint?: string;
  /** Duration of this process's share of the run. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** Share of the last epoch's time that was spent waiting for data, 0 to 1. */
  readonly waitShare: number;
  /** Steps that left the state as it was, for a gradient that was not finite. */
  readonly skippedSteps: number;
  /** Images that could not be read. */
  readonly badImages: readonly BadImage[];
}

/** What a step knows of its event. */
type StepFacts = Omit<StepEvent, 'epoch' | 'step' | 'totalSteps'>;

/** One execution of a trainer's loop, from opening the data to closing everything again. */
export class TrainingRun {
  readonly #options: ResolvedTrainerOptions;
  #loader!: ViewLoader<Float32Array>;
  #runner!: StepRunner;
  #reporter!: RunReporter;
  #regions: RegionRefresher | undefined;
  #writer: CheckpointWriter | undefined;
  #watch!: CollapseWatch;
  #interruption!: Interruption;
  #step = 0;
  #skippedSteps = 0;
  #savedStep = -1;
  #lastCheckpoint: string | undefined;
  #variables: Variables | undefined;
  #metrics: Readonly<Record<string, number>> = {};
  #speed: Speed = { imagesPerSecond: 0, waitShare: 0, secondsPerStep: Number.NaN };

  constructor(options: ResolvedTrainerOptions) {
    this.#options = options;
  }

  async execute({ resume = false }: RunOptions): Promise<RunResult> {
    const start = performance.now();
    this.#interruption = watchInterruption(this.#options.signal, this.#options.handleSignals);
    try {
      await this.#open(resume);
      await this.#train();
      return this.#result((performance.now() - start) / 1000);
    } finally {
      await this.#close();
    }
  }

  /** The variables of a run that wrote none; the caller frees them. */
  takeVariables(): Variables | undefined {
    const variables = this.#variables;
    this.#variables = undefined;
    return variables;
  }

  get #totalSteps(): number {
    return this.#options.epochs * this.#loader.stepsPerEpoch;
  }

  async #open(resume: boolean): Promise<void> {
    const options = this.#options;
    const { framework, pairs, batchSize, outDir } = options;
    const early: string[] = [];
    const content = await findStart(options, resume, (message) => early.push(message));
    this.#step = content?.facts.step ?? 0;
    this.#savedStep = content ? this.#step : -1;
    this.#lastCheckpoint = content?.path;
    this.#reporter = new RunReporter(options, this.#step);
    for (const message of early) this.#warn(message);
    this.#regions = createRegionRefresher(options, await imageCount(options));
    this.#loader = await createViewLoader({
      ...loaderOptions(options, this.#regions),
      onWarning: (text) => this.#warn(text),
    });
    const optimiser = buildOptimiser(options.optimiser, framework.parameters);
    if (content) {
      checkResumable(content.facts as RunFacts, this.#facts(), content.path, (message) => this.#warn(message));
      this.#skippedSteps = (content.facts as RunFacts).skippedSteps;
      const regions = regionsFile(content);
      if (regions) this.#regions?.restore(regions);
      this.#reporter.say(`going on after step ${this.#step} of ${this.#totalSteps}, from ${content.path}`);
    }
    this.#runner = new StepRunner(options, optimiser, startState(options, optimiser, content));
    this.#watch = collapseWatch(framework.collapsedLoss(pairs, batchSize));
    if (outDir !== undefined) this.#writer = this.#openWriter(join(outDir, CHECKPOINTS));
  }

  #openWriter(folder: string): CheckpointWriter {
    return checkpointWriter(folder, this.#options.keepLast, (path, { step }) => {
      this.#lastCheckpoint = path;
      this.#reporter.checkpoint({ step, path });
    });
  }

  async #train(): Promise<void> {
    while (this.#step < this.#totalSteps && this.#interruption.reason === undefined) await this.#trainEpoch();
    await this.#save();
    await this.#writer?.finish();
    if (this.#step < this.#totalSteps) {
      const hint = this.#options.outDir === undefined ? '' : ` Go on with: ${this.#options.resumeHint}`;
      this.#reporter.say(
        `stopped (${this.#interruption.reason}) after step ${this.#step} of ${this.#totalSteps}.${hint}`,
      );
    }
    const bad = this.#loader.badImages();
    if (bad.length > 0) this.#warn(`${bad.length} images could not be read, first ${bad[0]!.id}: ${bad[0]!.message}`);
  }

  /** The rest of the current epoch, and what comes after it if it ends. */
  async #trainEpoch(): Promise<void> {
    const { stepsPerEpoch } = this.#loader;
    const epoch = Math.floor(this.#step / stepsPerEpoch);
    this.#regions?.prepareEpoch(epoch);
    const means = new MetricMeans();
    const speedometer = startSpeedometer(() => this.#loader.waitSeconds);
    let images = 0;
    for await (const batch of this.#loader.epoch(epoch, this.#step % stepsPerEpoch)) {
      images += batch.size;
      const facts = await this.#takeStep(batch, epoch);
      batch.release();
      if (!facts.skipped) means.add(facts.metrics);
      this.#metrics = means.means();
      this.#speed = speedometer(means.steps, images);
      await this.#reporter.step({ ...facts, epoch, step: this.#step, totalSteps: this.#totalSteps }, this.#speed);
      // Timers and signals get their turn, which awaiting ready promises alone would not give them.
      await setImmediate();
      if (this.#step % stepsPerEpoch !== 0 && this.#isDueByStep()) await this.#save();
      if (this.#interruption.reason !== undefined) break;
    }
    if (this.#step % stepsPerEpoch === 0) await this.#endEpoch(epoch);
  }

  async #takeStep(batch: Batch<Float32Array>, epoch: number): Promise<StepFacts> {
    const { framework, schedule, seed, epochs, learningRate: initial } = this.#options;
    const { stepsPerEpoch } = this.#loader;
    const learningRate = learningRateAt(schedule, this.#step, { learningRate: initial, epochs, stepsPerEpoch });
    const { indices } = batch;
    const position = { seed, epoch, step: this.#step, totalSteps: this.#totalSteps, batchSize: batch.size };
    const { metrics, skipped, unreached } = await this.#runner.take(batch, position, learningRate);
    this.#step++;
    if (skipped) {
      this.#skippedSteps++;
      this.#warn(`step ${this.#step} was skipped: its gradient is not finite`);
    }
    if (unreached.length > 0) {
      this.#warn(
        `${unreached.length} parameters of ${framework.name} get no gradient and stay as they are: ${unreached.join(', ')}`,
      );
    }
    const collapse = this.#watch.look({ step: this.#step, loss: metrics.loss!, featureStd: metrics.featureStd ?? 1 });
    if (collapse) this.#warn(collapse);
    return { learningRate, loss: metrics.loss!, metrics, indices, skipped };
  }

  async #endEpoch(epoch: number): Promise<void> {
    const { epochs } = this.#options;
    const { imagesPerSecond, waitShare } = this.#speed;
    await this.#reporter.epoch({ epoch, epochs, step: this.#step, metrics: this.#metrics, imagesPerSecond, waitShare });
    if (this.#regions?.isDueAfter(epoch)) await this.#refresh(epoch);
    const every = this.#options.checkpointEvery.epochs;
    const isDueByEpoch = every > 0 && (epoch + 1) % every === 0;
    if (isDueByEpoch || this.#isDueByStep()) await this.#save();
  }

  async #refresh(epoch: number): Promise<void> {
    const start = performance.now();
    const statistics = await this.#regions!.refresh(this.#runner.state);
    const seconds = (performance.now() - start) / 1000;
    await this.#reporter.refresh({ ...statistics, epoch, step: this.#step, seconds });
  }

  #isDueByStep(): boolean {
    const every = this.#options.checkpointEvery.steps;
    return every > 0 && this.#step % every === 0;
  }

  async #save(): Promise<void> {
    if (!this.#writer || this.#savedStep === this.#step) return;
    this.#savedStep = this.#step;
    const regions = this.#regions?.save();
    const files = await encodeRun(this.#options.framework, this.#runner.state, regions);
    await this.#writer.save(this.#facts(), files);
  }

  #facts(): RunFacts {
    const { framework, epochs, seed, batchSize, precision, resolvedConfig = null } = this.#options;
    const { stepsPerEpoch, datasetName, length } = this.#loader;
    return {
      step: this.#step,
      epoch: Math.floor(this.#step / stepsPerEpoch),
      stepsPerEpoch,
      epochs,
      seed,
      batchSize,
      dataset: datasetName,
      images: length,
      framework: framework.name,
      backend: currentBackend(),
      precision,
      skippedSteps: this.#skippedSteps,
      config: resolvedConfig,
    };
  }

  #result(seconds: number): RunResult {
    const { reason } = this.#interruption;
    const completed = this.#step === this.#totalSteps;
    return {
      completed,
      ...(!completed && reason !== undefined && { stoppedBy: reason }),
      epoch: Math.floor(this.#step / this.#loader.stepsPerEpoch),
      step: this.#step,
      metrics: this.#metrics,
      ...(this.#lastCheckpoint !== undefined && { checkpoint: this.#lastCheckpoint }),
      seconds,
      imagesPerSecond: this.#speed.imagesPerSecond,
      waitShare: this.#speed.waitShare,
      skippedSteps: this.#skippedSteps,
      badImages: this.#loader.badImages(),
    };
  }

  #warn(message: string): void {
    this.#reporter.warn(message, this.#step);
  }

  async #close(): Promise<void> {
    this.#interruption.release();
    this.#reporter?.close();
    await this.#loader?.close();
    // An error is on its way already where this one was not awaited.
    await this.#writer?.finish().catch(() => undefined);
    if (!this.#runner) return;
    this.#runner.dispose();
    const { params, buffers, optimiser } = this.#runner.state;
    disposeTree(optimiser);
    if (this.#options.outDir === undefined) this.#variables = { params, buffers };
    else disposeTree([params, buffers]);
  }
}

function loaderOptions(
  options: ResolvedTrainerOptions,
  regions: RegionRefresher | undefined,
): ViewLoaderOptions & { readonly output: 'float32' } {
  const { source, plan, batchSize, seed, workers, normalise, onBadImage } = options;
  return {
    source,
    plan,
    batchSize,
    seed,
    output: 'float32',
    onBadImage,
    ...(workers !== undefined && { workers }),
    ...(normalise && { normalise }),
    ...(regions && { regions: regions.buffer }),
  };
}

/** Number of images; asked only where regions need to know it before the loader does. */
async function imageCount({ regions, source }: ResolvedTrainerOptions): Promise<number> {
  if (!regions) return 0;
  const dataset = await openDataset(source);
  dataset.close?.();
  return dataset.length;
}
