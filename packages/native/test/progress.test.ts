import { type OnProgress, type ProgressStream, progressPrinter } from '@ssl-scene/native';
import { describe, expect, it } from 'vitest';

function record(isTTY: boolean): { print: OnProgress; text: () => string } {
  let text = '';
  const stream: ProgressStream = { isTTY, columns: 80, write: (piece) => (text += piece) };
  return { print: progressPrinter(stream), text: () => text };
}

function download(print: OnProgress): void {
  const report = (completed: number): void => print({ stage: 'download', message: 'fetching', completed, total: 1e6 });
  for (let completed = 0; completed <= 1e6; completed += 1e4) report(completed);
  print({ stage: 'compile', message: 'compiling' });
}

describe('progressPrinter', () => {
  it('prints one line per quarter where there is no terminal', () => {
    const { print, text } = record(false);
    download(print);
    expect(text()).toBe('fetching 0 %\nfetching 25 %\nfetching 50 %\nfetching 75 %\nfetching 100 %\ncompiling\n');
  });

  it('redraws a bar on a terminal and leaves it full', () => {
    const { print, text } = record(true);
    download(print);
    const last = text().split('\n').at(0)!.split('\r\u001b[2K').at(-1);
    expect(last).toBe('fetching [========================] 100 % of 1 MB');
    expect(text().endsWith('compiling\n')).toBe(true);
    expect(text().split('\n')).toHaveLength(3);
  });
});
