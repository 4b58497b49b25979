import { Worker } from 'node:worker_threads';

const SOURCE_CONDITION = '@ssl-scene/source';

/**
 * Starts a module of this package in a thread. In a checkout, modules are TypeScript and the thread needs a loader; in the
 * published package it is plain.
 *
 * @param name of the module, without extension
 */
export function startWorker(name: 'worker' | 'pack-worker', workerData: unknown): Worker {
  if (import.meta.url.endsWith('.ts')) {
    const execArgv = [`--conditions=${SOURCE_CONDITION}`];
    const argv = [`./${name}.ts`];
    return new Worker(new URL('./worker-from-source.mjs', import.meta.url), { workerData, execArgv, argv });
  }
  // Threads inherit the flags of the process, and Node refuses this one (of `node --input-type=module --eval …`) for files.
  const isEvaluated = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  const file = new URL(`./${name}.js`, import.meta.url);
  return new Worker(file, isEvaluated ? { workerData, execArgv: [] } : { workerData });
}
