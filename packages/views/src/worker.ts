import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type ImageDataset, openDataset } from '@ssl-scene/datasets';
import { BadImageSet } from './bad-image-set.ts';
import { ItemRenderer } from './item-renderer.ts';
import { type LaneWaits, runLane } from './lane.ts';
import { RasterCache } from './raster-cache.ts';
import { RingControl } from './ring-control.ts';
import { RingMemory } from './ring-memory.ts';
import { plainError, type WorkerMessage, type WorkerStart, type WorkerTask } from './worker-message.ts';

// Entry of the worker threads. Between messages a thread blocks on shared cells, so it is sent everything before it starts.

async function serve(port: MessagePort, start: WorkerStart): Promise<void> {
  const send = (message: WorkerMessage): void => port.postMessage(message);
  try {
    const dataset = await openDataset(start.settings.source);
    const imageName = start.nameOf === undefined ? undefined : dataset.id(start.nameOf);
    const taskArrives = once(port, 'message');
    send({ kind: 'opened', length: dataset.length, datasetName: dataset.name, imageName });
    const [task] = (await taskArrives) as [WorkerTask | undefined];
    if (task !== undefined) await work(start, task, dataset, send);
    dataset.close?.();
  } catch (error) {
    send({ kind: 'failed', run: 0, error: plainError(error) });
  }
}

async function work(
  { settings }: WorkerStart,
  task: WorkerTask,
  dataset: ImageDataset,
  send: (message: WorkerMessage) => void,
): Promise<void> {
  const { layout, lane } = task;
  const control = new RingControl(layout.slots, task.lanes, layout.batchSize, task.control);
  const memory = RingMemory.attach(layout, task.slots);
  const cache = task.cache === undefined ? undefined : new RasterCache(task.cache);
  const badImages = task.badImages === undefined ? undefined : new BadImageSet(task.badImages);
  const renderer = await ItemRenderer.load(settings, dataset, {
    ring: { control, memory, order: new Uint32Array(task.order), cache, badImages },
    lane,
    onBadImage: (image) => send({ kind: 'bad-image', image }),
  });
  const waits: LaneWaits = {
    forTicket: (slot, seen) => {
      Atomics.wait(control.cells, control.ticketCell(slot), seen);
    },
    betweenItems: () => {},
    forNothing: () => {
      while (true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  };
  const render = (item: number): Promise<void> => renderer.render(item);
  const reportError = (error: unknown): void => send({ kind: 'failed', run: control.run, error: plainError(error) });

  send({ kind: 'ready' });
  let lastRun = task.lastRun;
  if (task.resume !== undefined) {
    const { firstItem, overdue } = task.resume;
    const renderFirst = async (item: number): Promise<void> => {
      if (overdue === undefined || item !== firstItem) await render(item);
      else renderer.giveUp(item, overdue.index, overdue.timeLimit);
    };
    await runLane(control, lane, waits, renderFirst, reportError, firstItem);
  }
  while (true) {
    Atomics.wait(control.cells, control.runCell, lastRun);
    if (control.stopped) return;
    lastRun = control.run;
    await runLane(control, lane, waits, render, reportError);
  }
}

void serve(parentPort!, workerData as WorkerStart);
