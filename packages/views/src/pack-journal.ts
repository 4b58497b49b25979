import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import type { DecodeDecision, PackedFault } from '@ssl-scene/datasets';

/** What is known of a stored image, beyond what the data set itself says. */
export interface StoredImage {
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly checksum: number;
  readonly maskOffset: number;
  readonly maskLength: number;
  readonly decisions: readonly DecodeDecision[];
}

/** A part of the work that is safely on the disk. */
export interface PackChapter {
  /** End of the data file after it, in bytes. */
  readonly end: number;
  readonly images: readonly StoredImage[];
  readonly faults: readonly PackedFault[];
}

/**
 * The record of a packing that was interrupted, or may be: a line that says what is packed and how, then one for every chapter.
 * A line that was cut off does not count.
 */
export class PackJournal {
  readonly #descriptor: number;
  /** The chapters of a former attempt at the very same. */
  readonly chapters: readonly PackChapter[];

  private constructor(descriptor: number, chapters: readonly PackChapter[]) {
    this.#descriptor = descriptor;
    this.chapters = chapters;
  }

  /**
   * Opens the journal of a packing.
   *
   * @param task what is packed and how; the journal of another task is thrown away
   * @param dataBytes length of the data file; chapters beyond its end are not there
   */
  static open(file: string, task: string, dataBytes: number): PackJournal {
    const chapters = formerChapters(file, task).filter(({ end }) => end <= dataBytes);
    const lines = [task, ...chapters.map((chapter) => JSON.stringify(chapter))];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return new PackJournal(openSync(file, 'a'), chapters);
  }

  /** Adds a chapter; the data that it tells of must be on the disk. */
  add(chapter: PackChapter): void {
    writeSync(this.#descriptor, `${JSON.stringify(chapter)}\n`);
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function formerChapters(file: string, task: string): PackChapter[] {
  const [first, ...lines] = readLines(file);
  if (first !== task) return [];
  const chapters: PackChapter[] = [];
  for (const line of lines) {
    try {
      chapters.push(JSON.parse(line) as PackChapter);
    } catch {
      break;
    }
  }
  return chapters;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
