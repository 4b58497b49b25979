import { useBackend } from '@ssl-scene/tensors';
import { duration, probeBudget } from '@ssl-scene/training';
import { parseConfig } from '../config/parse-config.ts';
import { type Output, textTable } from '../output.ts';
import { override } from '../override.ts';
import { readConfigFile } from '../presets.ts';
import { trainerOptions } from '../pretrain.ts';

export interface BudgetCommandOptions {
  readonly data?: string;
  readonly set?: readonly string[];
  readonly hours?: string;
  readonly json?: boolean;
}

/** Takes a few steps of a run and says what all of it will need; answers whether that fits. */
export async function budgetCommand(
  nameOrPath: string,
  { data, set = [], hours, json }: BudgetCommandOptions,
  output: Output,
): Promise<boolean> {
  const config = parseConfig(set.reduce(override, readConfigFile(nameOrPath)), nameOrPath);
  await useBackend();
  const options = await trainerOptions({
    config,
    out: `runs/${config.name}`,
    mayPack: false,
    ...(data !== undefined && { data }),
  });
  const limit = hours === undefined ? {} : { timeLimit: Number(hours) * 3600 };
  const budget = await probeBudget({ ...options, progress: false }, limit);
  if (json) {
    output.result(JSON.stringify(budget));
    return budget.fits;
  }
  const { memory, disk } = budget;
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const rows = [
    ['time', duration(budget.seconds), `${budget.steps} steps, ${Math.round(budget.imagesPerSecond)} images/s`],
    [
      'memory',
      megabytes(memory.peakBytes),
      `of ${megabytes(memory.limitBytes)}; largest batch ${memory.largestBatch ?? 'unknown'}`,
    ],
    ...(disk ? [['disk', megabytes(disk.neededBytes), `of ${megabytes(disk.freeBytes)} free`]] : []),
  ];
  output.result([textTable(['', 'needed', ''], rows), ...budget.advice].join('\n'));
  return budget.fits;
}
