import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  /** `start`, `step`, `watch`, `epoch`, `refresh`, `evaluation`, `checkpoint` or `warning`. */
  readonly kind: string;
  /** Steps of the run that were done when the line was written. */
  readonly step: number;
  readonly [key: string]: unknown;
}

/** A file of JSON lines that a run appends to. */
export interface MetricsLog {
  append(line: MetricsLine): void;
}

/**
 * Opens `path`. Lines of steps after `keepUntilStep` are cut off, so that a resumed run leaves the same lines as one that
 * was never interrupted; a last line that a kill cut short goes with them.
 */
export function openMetricsLog(path: string, keepUntilStep: number): MetricsLog {
  mkdirSync(dirname(path), { recursive: true });
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const kept = lines.filter((line) => (stepOf(line) ?? Number.POSITIVE_INFINITY) <= keepUntilStep);
  writeFileSync(path, kept.map((line) => `${line}\n`).join(''));
  let isTorn = false;
  return {
    append(line) {
      const text = `${isTorn ? '\n' : ''}${JSON.stringify(line)}\n`;
      // What a full disk has cut short must not spoil the next line.
      isTorn = true;
      appendFileSync(path, text);
      isTorn = false;
    },
  };
}

function stepOf(line: string): number | undefined {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === 'number' ? step : undefined;
  } catch {
    return undefined;
  }
}
