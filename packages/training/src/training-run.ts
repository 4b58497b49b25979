import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type BadImage, type DecisionCounts, openDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { evaluatedVariables } from '@ssl-scene/frameworks';
import { type Optimiser, parameterGroups, type Variables } from '@ssl-scene/nn';
import { currentBackend, disposeTree } from '@ssl-scene/tensors';
import { type Batch, createViewLoader, type ViewLoader } from '@ssl-scene/views';
import { type CheckpointWriter, checkpointWriter } from './checkpoint-writer.ts';
import { evaluatedBackbone } from './evaluated-backbone.ts';
import { type BestCheckpoint, betterOf } from './evaluation-options.ts';
import { checkImages, imageWarnings } from './image-check.ts';
import { type Interruption, watchInterruption } from './interruption.ts';
import { learningRateAt } from './learning-rate.ts';
import { loaderSettings } from './loader-settings.ts';
import { type MaskingFeed, openMaskingFeed } from './masking-feed.ts';
import { MetricMeans } from './metric-means.ts';
import { skipMessage } from './non-finite.ts';
import { buildOptimiser } from './optimiser-spec.ts';
import { createRegionRefresher, type RegionRefresher } from './region-refresher.ts';
import { CHECKPOINTS, encodeRun, type RunFacts, regionsFile } from './run-checkpoint.ts';
import { RunReporter } from './run-reporter.ts';
import { checkResumable, findStart, startState } from './run-start.ts';
import { openRunWatch, type RunWatch, type StepToWatch } from './run-watch.ts';
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
  /** The last evaluation; absent where there was none in this process. */
  readonly evaluation?: Readonly<Record<string, number>>;
  /** The last checkpoint; absent where nothing is written. */
  readonly checkpoint?: string;
  /** The best checkpoint; absent where the run keeps none. */
  readonly best?: BestCheckpoint;
  /** Duration of this process's share of the run. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** Share of the last epoch's time that was spent waiting for data, 0 to 1. */
  readonly waitShare: number;
  /** Steps that left the state as it was, because something was not finite. */
  readonly skippedSteps: number;
  /** Images that could not be read. */
  readonly badImages: readonly BadImage[];
  /** What decoding did to images in this process; an image counts as often as it was read. */
  readonly decisions: DecisionCounts;
}

/** What a step knows of its event. */
type StepFacts = Omit<StepEvent, 'epoch' | 'step' | 'totalSteps'>;

/** More skipped steps than these are counted, and not told one by one. */
const TOLD_SKIPS = 5;

/** One execution of a trainer's loop, from opening the data to closing everything again. */
export class TrainingRun {
  readonly #options: ResolvedTrainerOptions;
  #loader!: ViewLoader<Float32Array>;
  #runner!: StepRunner;
  #reporter!: RunReporter;
  #regions: RegionRefresher | undefined;
  #masking: MaskingFeed | undefined;
  #writer: CheckpointWriter | undefined;
  #watch: RunWatch | undefined;
  #interruption!: Interruption;
  #step = 0;
  #skippedSteps = 0;
  #savedStep = -1;
  #lastCheckpoint: string | undefined;
  #isSaved = true;
  #best: BestCheckpoint | undefined;
  #variables: Variables | undefined;
  /** Of the current epoch. */
  #means = new MetricMeans();
  #metrics: Readonly<Record<string, number>> = {};
  #evaluation: Readonly<Record<string, number>> | undefined;
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

  /** The variables of a run that are in no checkpoint; the caller frees them. */
  takeVariables(): Variables | undefined {
    const variables = this.#variables;
    this.#variables = undefined;
    return variables;
  }

  get #stepsPerEpoch(): number {
    return Math.floor(this.#loader.stepsPerEpoch / this.#options.accumulate);
  }

  get #totalSteps(): number {
    return this.#options.epochs * this.#stepsPerEpoch;
  }

  async #open(resume: boolean): Promise<void> {
    const options = this.#options;
    const { framework, outDir, watch } = options;
    const early: string[] = [];
    const content = await findStart(options, resume, (message) => early.push(message));
    this.#step = content?.facts.step ?? 0;
    this.#savedStep = content ? this.#step : -1;
    this.#lastCheckpoint = content?.path;
    this.#reporter = new RunReporter(options, this.#step);
    for (const message of early) this.#warn(message);
    this.#regions = createRegionRefresher(options, await imageCount(options));
    this.#loader = await createViewLoader({
      ...loaderSettings(options, this.#regions?.buffer),
      onWarning: (text) => this.#warn(text),
    });
    if (this.#stepsPerEpoch === 0) throw epochTooShort(this.#loader.stepsPerEpoch, options.accumulate);
    const optimiser = buildOptimiser(options.optimiser, framework.parameters);
    if (content) {
      checkResumable(content.facts as RunFacts, this.#facts(), content.path, (message) => this.#warn(message));
      this.#takeUp(content.facts as RunFacts);
      const regions = regionsFile(content);
      if (regions) this.#regions?.restore(regions);
      this.#reporter.say(`going on after step ${this.#step} of ${this.#totalSteps}, from ${content.path}`);
    } else if (watch !== false && watch?.images !== false) {
      for (const warning of imageWarnings(await checkImages(options.source))) this.#warn(`Step 0: ${warning}`);
    }
    this.#tellStart(optimiser);
    this.#masking = await openMaskingFeed(options, this.#regions?.buffer);
    this.#runner = new StepRunner(options, optimiser, startState(options, optimiser, content), this.#masking);
    this.#watch = openRunWatch(options, this.#runner.state, this.#masking);
    if (outDir !== undefined) this.#writer = this.#openWriter(join(outDir, CHECKPOINTS));
  }

  #takeUp({ skippedSteps, best, epochMetrics }: RunFacts): void {
    this.#skippedSteps = skippedSteps;
    this.#best = best ?? undefined;
    this.#means = new MetricMeans(epochMetrics);
    this.#metrics = this.#means.means();
  }

  #tellStart(optimiser: Optimiser): void {
    const { framework } = this.#options;
    const { keepsInitialRate } = framework;
    const groups = parameterGroups(framework.parameters, optimiser, keepsInitialRate ? { keepsInitialRate } : {});
    this.#reporter.start(this.#step, this.#totalSteps, groups);
  }

  #openWriter(folder: string): CheckpointWriter {
    return checkpointWriter({
      folder,
      keep: this.#options.keepLast,
      alsoKeep: (facts) => {
        const { best } = facts as RunFacts;
        return best ? [best.step] : [];
      },
      onSaved: (path, { step }) => {
        this.#lastCheckpoint = path;
        this.#isSaved = true;
        this.#reporter.checkpoint({ step, path });
      },
      onFailed: (error, { step }) => {
        this.#isSaved = false;
        this.#warn(`the checkpoint of step ${step} is not on disk, the next one is another try. ${error.message}`);
      },
    });
  }

  async #train(): Promise<void> {
    if (this.#regions?.isDueAtStart()) await this.#refresh(-1);
    while (this.#step < this.#totalSteps && this.#interruption.reason === undefined) await this.#trainEpoch();
    await this.#save();
    await this.#finishWriting();
    if (this.#step < this.#totalSteps) {
      const hint = this.#options.outDir === undefined ? '' : ` Go on with: ${this.#options.resumeHint}`;
      this.#reporter.say(
        `stopped (${this.#interruption.reason}) after step ${this.#step} of ${this.#totalSteps}.${hint}`,
      );
    }
    const bad = this.#loader.badImages();
    if (bad.length > 0) this.#warn(`${bad.length} images could not be read, first ${bad[0]!.id}: ${bad[0]!.message}`);
  }

  async #finishWriting(): Promise<void> {
    const wasInterrupted = this.#interruption.reason !== undefined;
    const isImpatient = (): boolean => wasInterrupted || this.#interruption.reason !== undefined;
    await this.#writer?.finish({ patience: this.#options.checkpointPatience, isImpatient });
  }

  /** The rest of the current epoch, and what comes after it if it ends. */
  async #trainEpoch(): Promise<void> {
    const { accumulate } = this.#options;
    const stepsPerEpoch = this.#stepsPerEpoch;
    const epoch = Math.floor(this.#step / stepsPerEpoch);
    const stepInEpoch = this.#step % stepsPerEpoch;
    this.#regions?.prepareEpoch(epoch);
    if (stepInEpoch === 0) this.#means = new MetricMeans();
    const speedometer = startSpeedometer(() => this.#loader.waitSeconds);
    let [images, steps] = [0, 0];
    for await (const batch of this.#loader.epoch(epoch, stepInEpoch * accumulate)) {
      images += batch.size;
      const facts = await this.#takeBatch(batch, epoch);
      batch.release();
      if (!facts) continue;
      steps++;
      if (!facts.skipped) this.#means.add(facts.metrics);
      this.#metrics = this.#means.means();
      this.#speed = speedometer(steps, images);
      await this.#reporter.step({ ...facts, epoch, step: this.#step, totalSteps: this.#totalSteps }, this.#speed);
      // Timers and signals get their turn, which awaiting ready promises alone would not give them.
      await setImmediate();
      const isEpochDone = this.#step % stepsPerEpoch === 0;
      if (!isEpochDone && this.#isDueByStep()) await this.#save();
      if (isEpochDone || this.#interruption.reason !== undefined) break;
    }
    if (this.#step % stepsPerEpoch === 0) await this.#endEpoch(epoch);
  }

  /** Feeds a batch; `undefined` where its step has not got all its batches yet. */
  async #takeBatch(batch: Batch<Float32Array>, epoch: number): Promise<StepFacts | undefined> {
    const { schedule, seed, epochs, learningRate: initial } = this.#options;
    const length = { learningRate: initial, epochs, stepsPerEpoch: this.#stepsPerEpoch };
    const learningRate = learningRateAt(schedule, this.#step, length);
    const position = { seed, epoch, step: this.#step, totalSteps: this.#totalSteps, batchSize: batch.size };
    const result = await this.#runner.feed(batch, position, learningRate);
    if (!result) return undefined;
    this.#step++;
    const { metrics, skipped, unreached, indices } = result;
    if (skipped) {
      this.#skippedSteps++;
      if (this.#skippedSteps <= TOLD_SKIPS) this.#warn(skipMessage(skipped));
    }
    this.#tellUnreached(unreached);
    if (!skipped) await this.#look({ step: this.#step, learningRate, metrics, batch, position });
    return { learningRate, loss: metrics.loss!, metrics, indices, skipped: skipped !== undefined };
  }

  #tellUnreached(names: readonly string[]): void {
    if (names.length === 0) return;
    const { name } = this.#options.framework;
    this.#warn(`${names.length} parameters of ${name} get no gradient and stay as they are: ${names.join(', ')}`);
  }

  async #look(step: Omit<StepToWatch, 'state'>): Promise<void> {
    const watched = await this.#watch?.look({ ...step, state: this.#runner.state });
    if (!watched) return;
    if (watched.rank) this.#reporter.rank(this.#step, watched.rank.rank, watched.rank.rows);
    for (const warning of watched.warnings) this.#warn(warning);
  }

  async #endEpoch(epoch: number): Promise<void> {
    const { epochs, keepBest } = this.#options;
    const { imagesPerSecond, waitShare } = this.#speed;
    await this.#reporter.epoch({ epoch, epochs, step: this.#step, metrics: this.#metrics, imagesPerSecond, waitShare });
    if (this.#regions?.isDueAfter(epoch)) await this.#refresh(epoch);
    const values = this.#isEvaluationDue(epoch) ? await this.#evaluate(epoch) : {};
    if (keepBest) this.#best = betterOf(keepBest, this.#best, { ...this.#metrics, ...values }, this.#step);
    const every = this.#options.checkpointEvery.epochs;
    const isDueByEpoch = every > 0 && (epoch + 1) % every === 0;
    if (isDueByEpoch || this.#isDueByStep() || this.#best?.step === this.#step) await this.#save();
  }

  #isEvaluationDue(epoch: number): boolean {
    const { evaluation, epochs } = this.#options;
    if (!evaluation) return false;
    return (epoch + 1) % (evaluation.everyEpochs ?? 1) === 0 || epoch + 1 === epochs;
  }

  async #evaluate(epoch: number): Promise<Readonly<Record<string, number>>> {
    const { evaluation, framework } = this.#options;
    const start = performance.now();
    const variables = evaluatedVariables(framework, this.#runner.state);
    const backbone = evaluatedBackbone(this.#options);
    const values = await evaluation!.run({ epoch, step: this.#step, backbone, variables });
    this.#evaluation = values;
    const seconds = (performance.now() - start) / 1000;
    await this.#reporter.evaluation({ epoch, step: this.#step, values, seconds });
    return values;
  }

  async #refresh(epoch: number): Promise<void> {
    const start = performance.now();
    const statistics = await this.#regions!.refresh(this.#runner.state, (done, images) =>
      this.#reporter.refreshing(done, images),
    );
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
    const facts = this.#facts();
    const { inputFilter } = evaluatedBackbone(this.#options);
    const files = await encodeRun(this.#options.framework, this.#runner.state, regions, inputFilter);
    await this.#writer.save(facts, files);
  }

  #facts(): RunFacts {
    const { framework, epochs, seed, batchSize, accumulate, precision, masking, resolvedConfig = null } = this.#options;
    const { inputFilter } = evaluatedBackbone(this.#options);
    const { datasetName, length } = this.#loader;
    return {
      step: this.#step,
      epoch: Math.floor(this.#step / this.#stepsPerEpoch),
      stepsPerEpoch: this.#stepsPerEpoch,
      epochs,
      seed,
      batchSize,
      accumulate,
      dataset: datasetName,
      images: length,
      framework: framework.name,
      backend: currentBackend(),
      precision,
      ...(masking && { masking: masking.masker.name }),
      ...(inputFilter && { inputFilter }),
      skippedSteps: this.#skippedSteps,
      epochMetrics: this.#means.sums(),
      best: this.#best ?? null,
      config: resolvedConfig,
    };
  }

  #result(seconds: number): RunResult {
    const { reason } = this.#interruption;
    const completed = this.#step === this.#totalSteps;
    return {
      completed,
      ...(!completed && reason !== undefined && { stoppedBy: reason }),
      epoch: Math.floor(this.#step / this.#stepsPerEpoch),
      step: this.#step,
      metrics: this.#metrics,
      ...(this.#evaluation && { evaluation: this.#evaluation }),
      ...(this.#lastCheckpoint !== undefined && { checkpoint: this.#lastCheckpoint }),
      ...(this.#best && { best: this.#best }),
      seconds,
      imagesPerSecond: this.#speed.imagesPerSecond,
      waitShare: this.#speed.waitShare,
      skippedSteps: this.#skippedSteps,
      badImages: this.#loader.badImages(),
      decisions: this.#loader.decisions,
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
    await this.#writer?.finish({ patience: 0, isImpatient: () => true }).catch(() => undefined);
    this.#watch?.dispose();
    this.#masking?.close();
    if (!this.#runner) return;
    this.#runner.dispose();
    const { params, buffers, optimiser } = this.#runner.state;
    disposeTree(optimiser);
    if (this.#writer && this.#isSaved) disposeTree([params, buffers]);
    else this.#variables = { params, buffers };
  }
}

/** Number of images; asked only where regions need to know it before the loader does. */
async function imageCount({ regions, source }: ResolvedTrainerOptions): Promise<number> {
  if (!regions) return 0;
  const dataset = await openDataset(source);
  dataset.close?.();
  return dataset.length;
}

function epochTooShort(batches: number, accumulate: number): SceneError {
  return new SceneError({
    code: 'BAD_OPTION',
    expected: `at most ${batches} batches a step, all that an epoch has`,
    found: String(accumulate),
    where: 'accumulate',
    fix: 'Lower it, or take smaller batches.',
  });
}
