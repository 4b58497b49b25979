const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Tells a loop to stop after the step it is in. */
export interface Interruption {
  /** Why to stop: a signal's name or `abort`; `undefined` while there is no reason to. */
  readonly reason: string | undefined;
  /** Gives the signals back. */
  release(): void;
}

/**
 * Watches for Ctrl-C, SIGTERM and an abort signal. The first only sets {@link Interruption.reason}; a second Ctrl-C ends
 * the process at once, as it would have without the watch.
 */
export function watchInterruption(signal: AbortSignal | undefined, handleSignals: boolean): Interruption {
  let reason: string | undefined = signal?.aborted ? 'abort' : undefined;
  const onAbort = (): void => {
    reason ??= 'abort';
  };
  const handlers = new Map(SIGNALS.map((name) => [name, onSignal(name)]));
  function onSignal(name: NodeJS.Signals): () => void {
    return () => {
      if (reason !== undefined) {
        release();
        process.kill(process.pid, name);
      }
      reason ??= name;
    };
  }
  function release(): void {
    signal?.removeEventListener('abort', onAbort);
    for (const [name, handler] of handlers) process.removeListener(name, handler);
  }
  signal?.addEventListener('abort', onAbort);
  if (handleSignals) for (const [name, handler] of handlers) process.on(name, handler);
  return {
    get reason() {
      return reason;
    },
    release,
  };
}
