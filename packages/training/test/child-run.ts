import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { listCheckpoints } from '@ssl-scene/training';

const program = fileURLToPath(new URL('./fixtures/run-child.ts', import.meta.url));
const conditions = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--conditions=@ssl-scene/source'];

/** How a run in a process of its own ended. */
export interface ChildOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs to the end, or sends `signal` when the child has said `killAt` more steps. */
export async function childRun(
  outDir: string,
  backend: string,
  signal?: NodeJS.Signals,
  killAt = Number.POSITIVE_INFINITY,
): Promise<ChildOutcome> {
  const child = spawn(process.execPath, [...conditions, '--import', 'tsx', program, outDir, backend]);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (lines.length === killAt) child.kill(signal);
  });
  const [code, endedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (...ending) => resolve(ending));
  });
  return { code, signal: endedBy, lines, errors };
}

/** Digests of all files of the newest checkpoint. */
export function newestContent(outDir: string): Record<string, string> {
  const path = listCheckpoints(join(outDir, 'checkpoints')).at(-1)!;
  return Object.fromEntries(
    readdirSync(path).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(path, name)))
        .digest('hex'),
    ]),
  );
}
