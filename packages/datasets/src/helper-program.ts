import { Worker } from 'node:worker_threads';
import { isSceneError } from '@ssl-scene/errors';
import type { HelperReply, HelperRequest } from './helper-process.ts';

/** Milliseconds after its limit at which a request ends this process, should nobody be left to kill it. */
const GRACE = 1000;

/** Run in a thread, since a request can keep the main one busy without end. */
const WATCH = `
const { workerData: deadline } = require('node:worker_threads');
setInterval(() => {
  if (Number(process.hrtime.bigint()) / 1e6 > deadline[0]) process.kill(process.pid, 'SIGKILL');
}, ${GRACE / 2});
`;

export interface HelperProgram<Request, Value> {
  readonly answer: (request: Request) => Promise<Value>;
  /** Which errors are about what was asked. Default: all of the project's family. */
  readonly isFault?: typeof isSceneError;
  /** Done before the first request, whose time limit must not include it. */
  readonly prepare?: () => Promise<unknown>;
}

/** Serves the requests of a `HelperProcess`, as the whole of the program that this process runs. */
export function serveRequests<Request, Value>({
  answer,
  isFault = isSceneError,
  prepare,
}: HelperProgram<Request, Value>): void {
  const send = (message: HelperReply<Value>): void => void process.send?.(message);
  const reply = async (request: Request): Promise<HelperReply<Value>> => {
    try {
      return { value: await answer(request) };
    } catch (error) {
      if (!isFault(error)) return { failure: textOf(error) };
      const { code, expected, found, where, fix } = error;
      return { fault: { code, expected, found, where, fix } };
    }
  };
  const deadline = new Float64Array(new SharedArrayBuffer(8)).fill(Number.POSITIVE_INFINITY);
  process.on('message', async ({ request, limit }: HelperRequest<Request>) => {
    deadline[0] = Number(process.hrtime.bigint()) / 1e6 + limit + GRACE;
    send(await reply(request));
    deadline[0] = Number.POSITIVE_INFINITY;
  });
  process.on('disconnect', () => process.exit());
  new Worker(WATCH, { eval: true, workerData: deadline, execArgv: [] }).unref();
  Promise.resolve(prepare?.()).then(
    () => send({ ready: true }),
    (error: unknown) => send({ failure: textOf(error) }),
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
