// Prints the counts of vitest's JSON reports, added up, in the one form that continuous integration reads.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `N passed, N failed, N skipped` over several reports. */
export function testCounts(reports) {
  const sum = (field) => reports.reduce((total, report) => total + (report[field] ?? 0), 0);
  return `${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed, ${sum('numPendingTests') + sum('numTodoTests')} skipped`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = process.argv.slice(2).filter((path) => existsSync(path));
  console.log(testCounts(paths.map((path) => JSON.parse(readFileSync(path, 'utf8')))));
}
