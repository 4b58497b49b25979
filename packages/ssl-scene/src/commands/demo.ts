import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { useBackend } from '@ssl-scene/tensors';
import { parseConfig } from '../config/parse-config.ts';
import { runDemo } from '../demo.ts';
import { demoPage } from '../demo-page.ts';
import { type Output, textTable } from '../output.ts';
import { override } from '../override.ts';
import { readConfigFile } from '../presets.ts';

export interface DemoCommandOptions {
  readonly out?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The same steps with less of everything, for backends that are many times slower. */
const QUICK = [
  'data.images=192',
  'data.bankImages=200',
  'data.testImages=100',
  'data.size=32',
  'backbone.width=8',
  'regions.size=32',
  'regions.warmup=1',
  'regions.interval=1',
  'training.epochs=2',
  'training.batchSize=32',
];

/** Shows the whole thing at work, and writes a page of pictures. */
export async function demoCommand(options: DemoCommandOptions, output: Output): Promise<void> {
  const { out = 'demo', json, quiet = false } = options;
  const report = await useBackend();
  const quick = options.quick ?? report.backend !== 'native';
  const loaded = quick ? QUICK.reduce(override, readConfigFile('demo')) : readConfigFile('demo');
  const config = parseConfig(loaded, 'demo');
  output.log(`demo on ${report.backend} (${report.description})${quick ? ', small settings' : ''}`);
  // The folder is the demo's own: a second demo replaces the first.
  for (const name of ['steered', 'oracle']) rmSync(join(out, name), { recursive: true, force: true });
  if (!existsSync(out)) mkdirSync(out, { recursive: true });
  const results = await runDemo({ config, out, quiet, log: output.log, warn: output.warn });
  const page = resolve(out, 'demo.html');
  writeFileSync(page, demoPage(results));
  const { accuracies, covered, meanBoxArea, warnings } = results;
  if (json) {
    output.result(JSON.stringify({ backend: report.backend, accuracies, covered, meanBoxArea, warnings, page }));
    return;
  }
  const rows = accuracies.map(({ network, knn, linear }) => [network, knn.toFixed(1), linear.toFixed(1)]);
  output.result(textTable(['network', 'kNN %', 'linear %'], rows));
  output.result(
    `heat-map boxes that cover an object: ${covered.toFixed(1)} %, mean area ${(100 * meanBoxArea).toFixed(1)} %`,
  );
  output.result(`pictures with heat map, box and crops: ${page}`);
}
