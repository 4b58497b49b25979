/** How far a run is. */
export interface ProgressState {
  /** Epoch, from 1, and their number. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of the whole run that are done, and their number. */
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Images of the data set per second since the start of the epoch; each counts once, whatever its number of views. */
  readonly imagesPerSecond: number;
  /** Share of the time since the start of the epoch that was spent waiting for data, 0 to 1. */
  readonly waitShare: number;
  /** Estimated seconds to the end of the run. */
  readonly secondsLeft: number;
}

/** Shows a run's progress to a person. */
export interface Progress {
  update(state: ProgressState): void;
  /** How far something is that is done beside the steps, such as a look at all images. */
  count(what: string, done: number, total: number): void;
  /** A line that stays, such as a warning or the result of an epoch. */
  say(text: string): void;
  /** Ends the current line. */
  close(): void;
}

/** Where a {@link Progress} writes; `process.stderr` fits. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Seconds between two lines where there is no terminal, and between two redraws where there is one. */
const LINE_SECONDS = 10;
const DRAW_SECONDS = 0.1;

/** A bar that redraws itself on a terminal, plain lines elsewhere. */
export function openProgress(stream: ProgressStream = process.stderr): Progress {
  return stream.isTTY ? barProgress(stream) : lineProgress(stream);
}

/** Shows nothing. */
export const silentProgress: Progress = { update() {}, count() {}, say() {}, close() {} };

function lineProgress(stream: ProgressStream): Progress {
  const due = everySeconds(LINE_SECONDS);
  return {
    update(state) {
      if (due() || state.step === state.totalSteps) stream.write(`${describe(state)}\n`);
    },
    count(what, done, total) {
      if (due()) stream.write(`${what}: ${done} of ${total}\n`);
    },
    say(text) {
      stream.write(`${text}\n`);
    },
    close() {},
  };
}

function barProgress(stream: ProgressStream): Progress {
  const due = everySeconds(DRAW_SECONDS);
  let drawn = false;
  const clear = (): void => {
    if (drawn) stream.write('\r\u001b[K');
    drawn = false;
  };
  const draw = (share: number, text: string): void => {
    stream.write(`\r\u001b[K${`${bar(share)} ${text}`.slice(0, (stream.columns ?? 80) - 1)}`);
    drawn = true;
  };
  return {
    update(state) {
      if (due() || state.step === state.totalSteps) draw(state.step / state.totalSteps, describe(state));
    },
    count(what, done, total) {
      if (due()) draw(done / total, `${what}: ${done} of ${total}`);
    },
    say(text) {
      clear();
      stream.write(`${text}\n`);
    },
    close() {
      if (drawn) stream.write('\n');
      drawn = false;
    },
  };
}

function everySeconds(seconds: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < seconds * 1000) return false;
    last = now;
    return true;
  };
}

function bar(share: number): string {
  const width = 20;
  const full = Math.round(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function describe(state: ProgressState): string {
  const { epoch, epochs, step, totalSteps, loss, learningRate, imagesPerSecond, waitShare, secondsLeft } = state;
  return [
    `epoch ${epoch}/${epochs}`,
    `step ${step}/${totalSteps}`,
    `loss ${loss.toFixed(4)}`,
    `lr ${Number(learningRate.toPrecision(4))}`,
    `${imagesPerSecond.toFixed(imagesPerSecond < 10 ? 1 : 0)} images/s`,
    `waiting for data ${Math.round(waitShare * 100)} %`,
    `${duration(secondsLeft)} left`,
  ].join('  ');
}

/** For example `45 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}
