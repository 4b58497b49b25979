import { disposeTree, useBackend } from '@ssl-scene/tensors';
import { loadRun } from '@ssl-scene/training';
import { findRunData } from '../data.ts';
import { evaluateNetwork, untrainedVariables } from '../evaluate.ts';
import { type Output, textTable } from '../output.ts';
import { makeFramework } from '../recipe.ts';
import { readRunFolder } from '../run-folder.ts';

export interface EvalCommandOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** kNN and linear accuracy of a run's newest checkpoint, beside those of the untrained network. */
export async function evalCommand(run: string, { data, json }: EvalCommandOptions, output: Output): Promise<void> {
  const description = readRunFolder(run);
  const { config } = description;
  await useBackend();
  const sources = await findRunData(config, data ?? description.data);
  const loaded = await loadRun(run);
  const trained = loaded.variables(makeFramework(config));
  const untrained = untrainedVariables(config);
  const results = [
    await evaluateNetwork('untrained', untrained, config, sources, output.warn),
    await evaluateNetwork(`step ${loaded.step}`, trained, config, sources, output.warn),
  ];
  disposeTree([trained.params, trained.buffers, untrained.params, untrained.buffers]);
  if (json) {
    output.result(JSON.stringify({ run, step: loaded.step, results }));
    return;
  }
  const rows = results.map(({ network, knn, linear }) => [network, knn.toFixed(2), linear.toFixed(2)]);
  output.result(textTable(['network', 'kNN %', 'linear %'], rows));
}
