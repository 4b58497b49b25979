import { Worker } from 'node:worker_threads';
import { isSceneError } from '@ssl-scene/errors';
import type { HelperReply } from './helper-process.ts';

/** Looks after the parent from a thread, since a request can keep the main one busy without end; ids of parents change on Unix only. */
const WATCH = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => {
  let isThere = process.ppid === parent;
  try {
    process.kill(parent, 0);
  } catch {
    isThere = false;
  }
  if (!isThere) process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

export interface HelperProgram<Request, Value> {
  readonly answer: (request: Request) => Promise<Value>;
  /** Which errors are about what was asked. Default: all of the project's family. */
  readonly isFault?: typeof isSceneError;
  /** Done before the first request, whose time limit must not include it. */
  readonly prepare?: () => Promise<unknown>;
  /** Whether requests can keep this process busy without end, so that it would not notice that its parent was killed. */
  readonly watchesParent?: boolean;
}

/** Serves the requests of a `HelperProcess`, as the whole of the program that this process runs. */
export function serveRequests<Request, Value>({
  answer,
  isFault = isSceneError,
  prepare,
  watchesParent = false,
}: HelperProgram<Request, Value>): void {
  const send = (reply: HelperReply<Value>): void => void process.send?.(reply);
  process.on('message', async (request: Request) => {
    try {
      send({ value: await answer(request) });
    } catch (error) {
      if (!isFault(error)) return send({ failure: textOf(error) });
      const { code, expected, found, where, fix } = error;
      send({ fault: { code, expected, found, where, fix } });
    }
  });
  process.on('disconnect', () => process.exit());
  if (watchesParent) new Worker(WATCH, { eval: true, workerData: process.ppid, execArgv: [] }).unref();
  Promise.resolve(prepare?.()).then(
    () => send({ ready: true }),
    (error: unknown) => send({ failure: textOf(error) }),
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
