import { Worker } from 'node:worker_threads';

const SOURCE_CONDITION = '@ssl-scene/source';

/**
 * Starts a module in a thread. In a checkout modules are TypeScript and the thread needs a loader; in published packages they
 * are plain.
 *
 * @param caller `import.meta.url` of a module in the same folder, which also says which of both it is
 * @param name of the module, without extension
 */
export function startThread(caller: string, name: string, workerData: unknown): Worker {
  if (caller.endsWith('.ts')) {
    const execArgv = [`--conditions=${SOURCE_CONDITION}`];
    const argv = [new URL(`./${name}.ts`, caller).href];
    return new Worker(new URL('./worker-from-source.mjs', import.meta.url), { workerData, execArgv, argv });
  }
  // Threads inherit the flags of the process, and Node refuses this one (of `node --input-type=module --eval …`) for files.
  const isEvaluated = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  const file = new URL(`./${name}.js`, caller);
  return new Worker(file, isEvaluated ? { workerData, execArgv: [] } : { workerData });
}

/** Starts a module of this package in a thread. */
export function startWorker(name: 'worker' | 'pack-worker', workerData: unknown): Worker {
  return startThread(import.meta.url, name, workerData);
}
