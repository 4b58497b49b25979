/** The stages of an installation, in their order. */
export type InstallStage = 'wait' | 'download' | 'unpack' | 'compile' | 'verify' | 'done';

/** One report of progress; the stages with a known size come many times. */
export interface InstallProgress {
  readonly stage: InstallStage;
  /** One line for people, without a line break. */
  readonly message: string;
  /** Bytes done, where the stage counts bytes. */
  readonly completed?: number;
  /** Bytes in all, where known. */
  readonly total?: number;
}

export type OnProgress = (progress: InstallProgress) => void;

/** What a progress printer needs of a stream; `process.stderr` has it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 24;

/**
 * Writes progress for people: a bar that redraws itself on a terminal; elsewhere one plain line per stage and per
 * quarter of a long one, so that logs stay short.
 */
export function progressPrinter(stream: ProgressStream): OnProgress {
  return stream.isTTY === true ? terminalPrinter(stream) : plainPrinter(stream);
}

function terminalPrinter(stream: ProgressStream): OnProgress {
  let barIsOpen = false;
  return ({ message, completed, total, stage }) => {
    const line = total === undefined ? message : `${message} ${bar(completed ?? 0, total)}`;
    const visible = line.slice(0, Math.max(20, (stream.columns ?? 80) - 1));
    if (barIsOpen) stream.write('\r\u001b[2K');
    barIsOpen = total !== undefined && (completed ?? 0) < total && stage !== 'done';
    stream.write(barIsOpen ? visible : `${visible}\n`);
  };
}

function plainPrinter(stream: ProgressStream): OnProgress {
  let lastLine = '';
  return ({ message, completed, total }) => {
    const quarter = total === undefined ? undefined : Math.floor((4 * (completed ?? 0)) / total) * 25;
    const line = quarter === undefined ? message : `${message} ${quarter} %`;
    if (line === lastLine) return;
    lastLine = line;
    stream.write(`${line}\n`);
  };
}

function bar(completed: number, total: number): string {
  const share = Math.min(1, completed / Math.max(1, total));
  const filled = Math.round(share * BAR_WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${percent} % of ${megabytes(total)}`;
}

/** Bytes as a short text: `207 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
