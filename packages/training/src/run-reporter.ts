import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type MetricsLog, openMetricsLog } from './metrics-log.ts';
import { duration, openProgress, type Progress, silentProgress } from './progress.ts';
import type { RefreshEvent } from './region-options.ts';
import type { Speed } from './speedometer.ts';
import type { CheckpointEvent, EpochEvent, StepEvent } from './trainer-hooks.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** Tells everything that happens in a run to its log, its progress line and its hooks. */
export class RunReporter {
  readonly #options: ResolvedTrainerOptions;
  readonly #progress: Progress;
  readonly #log: MetricsLog | undefined;
  readonly #warned = new Set<string>();

  /** @param step steps that are done; later lines of an existing log are cut off. */
  constructor(options: ResolvedTrainerOptions, step: number) {
    this.#options = options;
    this.#progress = options.progress === false ? silentProgress : openProgress(options.progress);
    const { outDir } = options;
    if (outDir === undefined) return;
    mkdirSync(outDir, { recursive: true });
    this.#log = openMetricsLog(join(outDir, 'metrics.jsonl'), step);
  }

  async step(event: StepEvent, speed: Speed): Promise<void> {
    const { epoch, step, totalSteps, learningRate, loss, metrics, skipped } = event;
    if (step === 1 || step % this.#options.logEvery === 0 || step === totalSteps) {
      const { secondsPerStep: _, ...speeds } = speed;
      this.#log?.append({ kind: 'step', step, epoch: epoch + 1, learningRate, ...metrics, skipped, ...speeds });
    }
    const { epochs } = this.#options;
    const secondsLeft = (totalSteps - step) * speed.secondsPerStep;
    this.#progress.update({ ...speed, epoch: epoch + 1, epochs, step, totalSteps, loss, learningRate, secondsLeft });
    await this.#options.hooks.onStep?.(event);
  }

  async epoch(event: EpochEvent): Promise<void> {
    const { epoch, epochs, metrics, imagesPerSecond, waitShare } = event;
    this.#log?.append({ kind: 'epoch', step: event.step, epoch: epoch + 1, ...metrics, imagesPerSecond, waitShare });
    const spread = metrics.featureStd === undefined ? '' : `  spread ${metrics.featureStd.toFixed(3)}`;
    this.#progress.say(
      `epoch ${epoch + 1}/${epochs} done: loss ${metrics.loss?.toFixed(4)}${spread}  ${Math.round(imagesPerSecond)} images/s`,
    );
    await this.#options.hooks.onEpoch?.(event);
  }

  async refresh(event: RefreshEvent): Promise<void> {
    const { epoch, ...rest } = event;
    this.#log?.append({ kind: 'refresh', ...rest, epoch: epoch + 1 });
    const { images, meanBoxArea, wholeShare, seconds } = event;
    const whole = Math.round(100 * wholeShare);
    this.#progress.say(
      `boxes of ${images} images refreshed in ${duration(seconds)}: mean area ${meanBoxArea.toFixed(2)}, ${whole} % whole images`,
    );
    for (const warning of event.warnings) this.warn(`after epoch ${epoch + 1}: ${warning}`, event.step);
    await this.#options.hooks.onRefresh?.(event);
  }

  checkpoint(event: CheckpointEvent): void {
    this.#log?.append({ kind: 'checkpoint', ...event });
    this.#options.hooks.onCheckpoint?.(event);
  }

  /** The same sentence is said once. */
  warn(message: string, step: number): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#log?.append({ kind: 'warning', step, message });
    this.#progress.say(`warning: ${message}`);
    this.#options.hooks.onWarning?.(message);
  }

  say(message: string): void {
    this.#progress.say(message);
  }

  close(): void {
    this.#progress.close();
  }
}
