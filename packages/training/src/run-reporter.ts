import type { ParameterGroup } from '@ssl-scene/nn';
import { duration, openProgress, type Progress, silentProgress } from './progress.ts';
import type { RefreshEvent } from './region-options.ts';
import { RunLogs } from './run-logs.ts';
import type { Speed } from './speedometer.ts';
import type { CheckpointEvent, EpochEvent, EvaluationEvent, StepEvent } from './trainer-hooks.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** Tells everything that happens in a run to its logs, its progress line and its hooks. */
export class RunReporter {
  readonly #options: ResolvedTrainerOptions;
  readonly #progress: Progress;
  readonly #logs: RunLogs | undefined;
  readonly #warned = new Set<string>();

  /** @param step steps that are done; later lines of an existing log are cut off. */
  constructor(options: ResolvedTrainerOptions, step: number) {
    this.#options = options;
    this.#progress = options.progress === false ? silentProgress : openProgress(options.progress);
    const { outDir, tensorBoard } = options;
    if (outDir !== undefined) this.#logs = new RunLogs(outDir, step, tensorBoard, (text) => this.#tellWarning(text));
  }

  /** What the run is made of, for whoever reads its log. */
  start(step: number, totalSteps: number, groups: readonly ParameterGroup[]): void {
    const { batchSize, accumulate, learningRate, epochs, seed, framework, precision } = this.#options;
    this.#logs?.write({
      kind: 'start',
      step,
      framework: framework.name,
      epochs,
      totalSteps,
      seed,
      precision,
      batchSize,
      accumulate,
      imagesPerStep: batchSize * accumulate,
      learningRate,
      parameterGroups: groups.map(({ names, ...group }) => ({ ...group, tensors: names.length })),
    });
  }

  async step(event: StepEvent, speed: Speed): Promise<void> {
    const { epoch, step, totalSteps, learningRate, loss, metrics, skipped } = event;
    if (step === 1 || step % this.#options.logEvery === 0 || step === totalSteps) {
      const { secondsPerStep: _, ...speeds } = speed;
      const scalars = { learningRate, ...metrics, ...speeds };
      this.#logs?.write({ kind: 'step', step, epoch: epoch + 1, skipped, ...scalars }, 'train', scalars);
    }
    const { epochs } = this.#options;
    const secondsLeft = (totalSteps - step) * speed.secondsPerStep;
    this.#progress.update({ ...speed, epoch: epoch + 1, epochs, step, totalSteps, loss, learningRate, secondsLeft });
    await this.#options.hooks.onStep?.(event);
  }

  /** The rank of the features of recent images. */
  rank(step: number, rank: number, rows: number): void {
    this.#logs?.write({ kind: 'watch', step, rank, rows }, 'watch', { rank });
  }

  async epoch(event: EpochEvent): Promise<void> {
    const { epoch, epochs, step, metrics, imagesPerSecond, waitShare } = event;
    const scalars = { ...metrics, imagesPerSecond, waitShare };
    this.#logs?.write({ kind: 'epoch', step, epoch: epoch + 1, ...scalars }, 'epoch', scalars);
    const spread = metrics.featureStd === undefined ? '' : `  spread ${metrics.featureStd.toFixed(3)}`;
    const loss = metrics.loss === undefined ? 'every step was skipped' : `loss ${metrics.loss.toFixed(4)}`;
    this.#progress.say(`epoch ${epoch + 1}/${epochs} done: ${loss}${spread}  ${Math.round(imagesPerSecond)} images/s`);
    await this.#options.hooks.onEpoch?.(event);
  }

  /** How far a refresh of the regions is. */
  refreshing(done: number, images: number): void {
    this.#progress.count('looking for boxes', done, images);
  }

  async refresh(event: RefreshEvent): Promise<void> {
    const { epoch, ...rest } = event;
    const { images, meanBoxArea, wholeShare, activeArea, seconds, step } = event;
    const scalars = { meanBoxArea, wholeShare, activeArea };
    this.#logs?.write({ kind: 'refresh', ...rest, epoch: epoch + 1 }, 'regions', scalars);
    const whole = Math.round(100 * wholeShare);
    this.#progress.say(
      `boxes of ${images} images refreshed in ${duration(seconds)}: mean area ${meanBoxArea.toFixed(2)}, ${whole} % whole images`,
    );
    const when = epoch < 0 ? 'before the first epoch' : `after epoch ${epoch + 1}`;
    for (const warning of event.warnings) this.warn(`${when}: ${warning}`, step);
    await this.#options.hooks.onRefresh?.(event);
  }

  async evaluation(event: EvaluationEvent): Promise<void> {
    const { epoch, step, values, seconds } = event;
    this.#logs?.write({ kind: 'evaluation', step, epoch: epoch + 1, ...values, seconds }, 'evaluation', values);
    const found = Object.entries(values).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    this.#progress.say(`evaluated after epoch ${epoch + 1} in ${duration(seconds)}: ${found.join('  ')}`);
    await this.#options.hooks.onEvaluation?.(event);
  }

  checkpoint(event: CheckpointEvent): void {
    this.#logs?.write({ kind: 'checkpoint', ...event });
    this.#options.hooks.onCheckpoint?.(event);
  }

  /** The same sentence is said once. */
  warn(message: string, step: number): void {
    if (this.#tellWarning(message)) this.#logs?.write({ kind: 'warning', step, message });
  }

  #tellWarning(message: string): boolean {
    if (this.#warned.has(message)) return false;
    this.#warned.add(message);
    this.#progress.say(`warning: ${message}`);
    this.#options.hooks.onWarning?.(message);
    return true;
  }

  say(message: string): void {
    this.#progress.say(message);
  }

  close(): void {
    this.#progress.close();
  }
}
