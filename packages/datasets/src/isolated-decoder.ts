import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SceneError, type SceneErrorDetails } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { decoderCrashed, decodeTimeout } from './image-fault.ts';

export interface DecodeRequest {
  readonly bytes: Uint8Array;
  readonly options: ResolvedDecodeOptions;
  readonly where: string;
}

/** What the child sends: `ready` once, then one of the others for each request. */
export interface DecodeAnswer {
  readonly ready?: true;
  readonly raster?: Raster;
  readonly fault?: SceneErrorDetails;
  /** An error that is not about the picture. */
  readonly failure?: string;
}

/** The child has to load sharp, on a machine that may be busy. */
const START_LIMIT = 60_000;

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PROGRAM = new URL(`./decoder-process.${extension}`, import.meta.url);

export interface IsolatedDecoderOptions {
  /** The program that the child runs. Default: the one of this package. */
  readonly program?: URL;
}

/**
 * Decodes pictures in a child process. A picture that takes longer than `timeLimit` costs the child its life, and so does one
 * that crashes it; the next picture gets a new child. Requests are served one at a time, so that the culprit is known.
 */
export class IsolatedDecoder {
  readonly #program: URL;
  #child: Promise<ChildProcess> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: IsolatedDecoderOptions = {}) {
    this.#program = options.program ?? PROGRAM;
  }

  decode(request: DecodeRequest): Promise<Raster> {
    const result = this.#last.then(() => this.#serve(request));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Ends the child; a later request starts another. */
  close(): void {
    this.#child?.then((child) => child.kill('SIGKILL')).catch(() => undefined);
    this.#child = undefined;
  }

  async #serve(request: DecodeRequest): Promise<Raster> {
    const child = await this.#liveChild();
    keepAlive(child, true);
    try {
      const answer = await ask(child, request);
      if (answer.raster !== undefined) return answer.raster;
      if (answer.fault !== undefined) throw new SceneError(answer.fault);
      throw startFailure(answer.failure ?? 'an empty answer');
    } finally {
      if (isAlive(child)) keepAlive(child, false);
    }
  }

  async #liveChild(): Promise<ChildProcess> {
    const present = await this.#child;
    if (present !== undefined && isAlive(present)) return present;
    this.#child = startChild(this.#program);
    try {
      return await this.#child;
    } catch (error) {
      this.#child = undefined;
      throw error;
    }
  }
}

async function startChild(program: URL): Promise<ChildProcess> {
  const child = fork(fileURLToPath(program), {
    serialization: 'advanced',
    execArgv: program.pathname.endsWith('.ts') ? sourceArguments() : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const first = await nextMessage(child, START_LIMIT);
  if (first === 'timeout' || first === 'exit') {
    child.kill('SIGKILL');
    throw startFailure(first === 'exit' ? 'a process that ended at once' : 'no sign of life');
  }
  if (first.ready !== true) {
    child.kill('SIGKILL');
    throw startFailure(first.failure ?? 'another answer');
  }
  return child;
}

/** Node does not read TypeScript: a child that runs the sources needs the loader with which developers run them. */
function sourceArguments(): string[] {
  const loader = createRequire(import.meta.url).resolve('tsx');
  return ['--import', pathToFileURL(loader).href, '--conditions=@ssl-scene/source'];
}

async function ask(child: ChildProcess, request: DecodeRequest): Promise<DecodeAnswer> {
  const reply = nextMessage(child, request.options.timeLimit);
  child.send(request);
  const answer = await reply;
  if (answer === 'timeout') {
    child.disconnect();
    child.kill('SIGKILL');
    throw decodeTimeout(request.where, request.options.timeLimit);
  }
  if (answer === 'exit') {
    const how = child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
    throw decoderCrashed(request.where, `a decoder that died of it (${how})`);
  }
  return answer;
}

function isAlive(child: ChildProcess): boolean {
  return child.connected && child.exitCode === null && child.signalCode === null;
}

/** The child's next message, or what came instead of it. */
function nextMessage(child: ChildProcess, limit: number): Promise<DecodeAnswer | 'timeout' | 'exit'> {
  return new Promise((resolve) => {
    const settle = (result: DecodeAnswer | 'timeout' | 'exit'): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onExit);
      resolve(result);
    };
    const onMessage = (message: unknown): void => settle(message as DecodeAnswer);
    const onExit = (): void => settle('exit');
    const timer = setTimeout(settle, limit, 'timeout');
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onExit);
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

function startFailure(found: string): SceneError {
  return new SceneError({
    code: 'DECODER_UNAVAILABLE',
    expected: 'a child process that decodes pictures',
    found,
    where: 'the isolated decoder',
    fix: 'Use `isolate: "none"` where processes cannot be started; a hanging decoder cannot be interrupted then.',
  });
}
