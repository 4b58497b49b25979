import type { Budget } from './probe-budget.ts';
import { duration } from './progress.ts';
import type { TrainerOptions } from './trainer-options.ts';

/** Share of the time from which on waiting for data is worth a word. */
const MUCH_WAITING = 0.2;

/** What to change so that a run fits, or does not wait. */
export function budgetAdvice(budget: Omit<Budget, 'advice'>, { batchSize, epochs }: TrainerOptions): string[] {
  const { memory, disk, seconds, epochsInTime, waitShare } = budget;
  const advice: string[] = [];
  if (memory.peakBytes > memory.limitBytes) {
    const { largestBatch } = memory;
    const parts = largestBatch === undefined || largestBatch < 2 ? undefined : Math.ceil(batchSize / largestBatch);
    const remedy =
      parts === undefined
        ? 'Take smaller views (`plan`), a smaller backbone or a smaller `batchSize`.'
        : `Take \`batchSize\` ${Math.floor(batchSize / parts)} with \`accumulate\` ${parts}.`;
    advice.push(`Needs ${gigabytes(memory.peakBytes)} of ${gigabytes(memory.limitBytes)} of memory. ${remedy}`);
  }
  if (epochsInTime !== undefined && epochsInTime < epochs) {
    advice.push(`Takes ${duration(seconds)}; in the time given fit \`epochs\` ${epochsInTime} of ${epochs}.`);
  }
  if (disk && disk.neededBytes > disk.freeBytes) {
    advice.push(
      `Checkpoints need ${gigabytes(disk.neededBytes)}, the disk has ${gigabytes(disk.freeBytes)}. Lower \`keepLast\` or ` +
        'take another `outDir`.',
    );
  }
  if (waitShare > MUCH_WAITING) {
    advice.push(
      `Waits for data ${Math.round(100 * waitShare)} % of the time. Raise \`workers\` or \`cacheMegabytes\`, or pack the images.`,
    );
  }
  return advice;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
