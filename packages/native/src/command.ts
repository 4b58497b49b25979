import { spawn } from 'node:child_process';

/** How a program ended and what it said. */
export interface CommandResult {
  /** Exit status; `null` where a signal ended the program or it could not be started. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set where the program could not be started at all. */
  readonly startError?: Error;
}

/** How to run a program. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the program when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each piece of standard output. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program without a shell and waits for its end; never rejects for a failing program. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (startError) => resolve({ status: null, signal: null, stdout, stderr, startError }));
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** The last lines of a program's output, joined for an error message. */
export function lastLines(text: string, count = 6): string {
  return text.trim().split('\n').slice(-count).join('\n').trim();
}
