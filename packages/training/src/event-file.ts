import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileVersionEvent, scalarsEvent, sessionStartEvent } from './event-message.ts';
import { tfRecord } from './tfrecord.ts';

/** A TensorBoard event file that a run appends to. */
export interface EventFile {
  readonly path: string;
  /** Values of a step by tag, for example `train/loss`. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
}

export interface EventFileOptions {
  /** First step that will be written: what other files of the folder say of it and of later ones is void. Default 0. */
  readonly firstStep?: number;
  /** Seconds since 1970 at which events happen. Default: the clock. */
  readonly wallTime?: () => number;
}

/**
 * Begins a new event file in a folder. A run that goes on gets a file of its own; TensorBoard shows the files of a folder as
 * one run.
 */
export function openEventFile(folder: string, options: EventFileOptions = {}): EventFile {
  const { firstStep = 0, wallTime = () => Date.now() / 1000 } = options;
  mkdirSync(folder, { recursive: true });
  const path = createFile(folder, Math.floor(wallTime()));
  const append = (event: Uint8Array): void => appendFileSync(path, tfRecord(event));
  append(fileVersionEvent(wallTime()));
  append(sessionStartEvent(wallTime(), firstStep));
  return {
    path,
    scalars(step, values) {
      append(scalarsEvent(wallTime(), step, values));
    },
  };
}

/** The name that TensorFlow gives: TensorBoard reads a folder's files in the order of their names. */
function createFile(folder: string, seconds: number): string {
  for (let number = 0; ; number++) {
    const time = String(seconds).padStart(10, '0');
    const path = join(folder, `events.out.tfevents.${time}.${hostname()}.${process.pid}.${number}`);
    try {
      writeFileSync(path, '', { flag: 'wx' });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
