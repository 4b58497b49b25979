import { type Content, Fragment, markup } from './fragment.ts';
import { numberText } from './number-text.ts';
import { badArgument } from './report-error.ts';

/** Options of `table`. */
export interface TableOptions {
  /** Text above the table. Default: none. */
  readonly caption?: string;
  /** Significant digits of numbers. Default: 4. */
  readonly digits?: number;
}

/**
 * A table with a heading row. Numbers stand right-aligned with `digits` significant digits; pass strings for another form.
 * Error: a row whose number of cells differs from the heading's.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly Content[])[],
  options: TableOptions = {},
): Fragment {
  for (const [index, row] of rows.entries()) {
    if (row.length === heading.length) continue;
    const expected = `${heading.length} cells as in the heading`;
    throw badArgument(`row ${index} of table`, expected, `${row.length}`, 'Fill missing cells with an empty string.');
  }
  const isNumeric = heading.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const cellClass = (column: number): string => (isNumeric[column] ? 'number' : 'text');
  const head = heading.map((name, column) => markup`<th scope="col" class="${cellClass(column)}">${name}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, column) => markup`<td class="${cellClass(column)}">${cellText(cell, options)}</td>`);
    return markup`<tr>${cells}</tr>`;
  });
  const caption = options.caption === undefined ? '' : markup`<caption>${options.caption}</caption>`;
  return markup`<div class="table-frame"><table>${caption}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cellText(cell: Content, options: TableOptions): Content {
  if (cell instanceof Fragment) return cell;
  return typeof cell === 'number' ? numberText(cell, options.digits ?? 4) : cell;
}
