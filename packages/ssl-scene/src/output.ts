/** Results go to standard output, everything else to standard error, so that `--json` can be piped. */
export interface Output {
  /** A result for people or, with `--json`, for programs. */
  result(text: string): void;
  /** Logs, progress and warnings; silent under `--quiet`. */
  log(text: string): void;
  warn(text: string): void;
}

export interface OutputOptions {
  readonly quiet?: boolean;
}

export function terminalOutput({ quiet = false }: OutputOptions = {}): Output {
  return {
    result: (text) => {
      process.stdout.write(`${text}\n`);
    },
    log: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    warn: (text) => {
      process.stderr.write(`warning: ${text}\n`);
    },
  };
}

/** Columns aligned under their headings; numbers to the right. */
export function textTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const numeric = headings.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(cells[0]!), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n');
}

/** Hears how many images are done, and says so for every tenth of them. */
export function tenths(work: string, output: Pick<Output, 'log'>): (done: number, total: number) => void {
  let told = 0;
  return (done, total) => {
    const tenth = Math.floor((10 * done) / total);
    if (tenth > told) output.log(`${work}, ${done} of ${total} images`);
    told = Math.max(told, tenth);
  };
}
