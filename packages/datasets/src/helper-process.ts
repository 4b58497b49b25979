import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SceneErrorDetails } from '@ssl-scene/errors';

/** What a helper's program is sent. */
export interface HelperRequest<Request> {
  readonly request: Request;
  /** Milliseconds that it may take. */
  readonly limit: number;
}

/** What a helper's program sends: `ready` once, then one of the others for each request. */
export type HelperReply<Value> =
  | { readonly ready: true }
  | { readonly value: Value }
  | { readonly fault: Omit<SceneErrorDetails, 'cause'> }
  /** An error that is not about what was asked. */
  | { readonly failure: string };

/** What came of a request. */
export type HelperOutcome<Value> =
  | Exclude<HelperReply<Value>, { readonly ready: true }>
  /** No answer in time: the process was killed. */
  | { readonly overdue: true }
  /** The process ended over the request, for example `signal SIGSEGV`. */
  | { readonly death: string }
  /** `close` came first. */
  | { readonly closed: true };

export interface HelperProcessOptions {
  readonly program: URL;
  /** Megabytes for its objects; a process that needs more dies. Default: what Node gives. */
  readonly heapLimit?: number;
  /** Whether what it prints as an error is shown. Default: true. */
  readonly showsErrors?: boolean;
  /** The error to throw where the process cannot be started. */
  readonly startFailure: (found: string) => Error;
}

/** A helper has to load its modules, on a machine that may be busy. */
const START_LIMIT = 120_000;

/** The program of this package, source or build, that a helper runs. */
export function helperProgram(name: string): URL {
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

/**
 * A child process that serves requests one at a time, so that the culprit is known. A request that takes longer than its limit
 * costs the process its life, and so does one that crashes it or takes its memory; the next request gets a new process. A
 * thread would not do: where one asks for more memory than it may have, Node can end the whole program.
 */
export class HelperProcess<Request extends object, Value> {
  readonly #options: HelperProcessOptions;
  #child: Promise<ChildProcess> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closings = 0;

  constructor(options: HelperProcessOptions) {
    this.#options = options;
  }

  /**
   * @param limit milliseconds that the request may take, the start of the process not counted
   * @throws `startFailure` where the process does not start
   */
  ask(request: Request, limit: number): Promise<HelperOutcome<Value>> {
    const closings = this.#closings;
    const result = this.#last.then(async (): Promise<HelperOutcome<Value>> => {
      if (closings !== this.#closings) return { closed: true };
      const outcome = await this.#serve(request, limit);
      return 'death' in outcome && closings !== this.#closings ? { closed: true } : outcome;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Ends the process, and what was asked before; a later request starts another. */
  close(): void {
    this.#closings++;
    this.#child?.then((child) => child.kill('SIGKILL')).catch(() => undefined);
    this.#child = undefined;
  }

  async #serve(request: Request, limit: number): Promise<HelperOutcome<Value>> {
    const child = await this.#liveChild();
    keepAlive(child, true);
    try {
      const reply = nextReply<Value>(child, limit);
      child.send({ request, limit } satisfies HelperRequest<Request>);
      const outcome = await reply;
      if ('overdue' in outcome) {
        child.disconnect();
        child.kill('SIGKILL');
      }
      return 'ready' in outcome ? { failure: 'a process that started twice' } : outcome;
    } finally {
      if (isAlive(child)) keepAlive(child, false);
    }
  }

  async #liveChild(): Promise<ChildProcess> {
    const present = await this.#child;
    if (present !== undefined && isAlive(present)) return present;
    this.#child = startChild(this.#options);
    try {
      return await this.#child;
    } catch (error) {
      this.#child = undefined;
      throw error;
    }
  }
}

async function startChild({
  program,
  heapLimit,
  showsErrors = true,
  startFailure,
}: HelperProcessOptions): Promise<ChildProcess> {
  const child = fork(fileURLToPath(program), {
    serialization: 'advanced',
    execArgv: [
      ...(heapLimit === undefined ? [] : [`--max-old-space-size=${heapLimit}`]),
      ...(program.pathname.endsWith('.ts') ? sourceArguments() : []),
    ],
    stdio: ['ignore', 'ignore', showsErrors ? 'inherit' : 'ignore', 'ipc'],
  });
  const first = await nextReply<never>(child, START_LIMIT);
  if ('ready' in first) return child;
  child.kill('SIGKILL');
  if ('death' in first) throw startFailure(`a process that ended at once (${first.death})`);
  if ('overdue' in first) throw startFailure('no sign of life');
  throw startFailure('failure' in first ? first.failure : 'another answer');
}

/** Node does not read TypeScript: a child that runs the sources needs the loader with which developers run them. */
function sourceArguments(): string[] {
  const loader = createRequire(import.meta.url).resolve('tsx');
  return ['--import', pathToFileURL(loader).href, '--conditions=@ssl-scene/source'];
}

function isAlive(child: ChildProcess): boolean {
  return child.connected && child.exitCode === null && child.signalCode === null;
}

/** The child's next message, or what came instead of it. */
function nextReply<Value>(child: ChildProcess, limit: number): Promise<HelperReply<Value> | HelperOutcome<Value>> {
  return new Promise((resolve) => {
    const settle = (outcome: HelperReply<Value> | HelperOutcome<Value>): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onError);
      resolve(outcome);
    };
    const onMessage = (message: unknown): void => settle(message as HelperReply<Value>);
    const onExit = (code: number | null, signal: string | null): void =>
      settle({ death: signal === null ? `exit code ${code}` : `signal ${signal}` });
    const onError = (error: Error): void => settle({ death: error.message });
    const timer = setTimeout(() => settle({ overdue: true }), limit);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onError);
  });
}

/** An idle child must not keep the program from ending. */
function keepAlive(child: ChildProcess, busy: boolean): void {
  // Node's types leave out that the channel can be referenced.
  const channel = child.channel as { ref(): void; unref(): void } | null | undefined;
  if (busy) {
    child.ref();
    channel?.ref();
  } else {
    child.unref();
    channel?.unref();
  }
}
