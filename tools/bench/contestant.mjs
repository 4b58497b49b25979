import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * A process that does work on request and answers each line with one line, so that two of them can take turns on one
 * machine: neither ever runs while the other is timed.
 */
export class Contestant {
  #child;
  #lines;

  static async start(command, args, environment = {}) {
    const contestant = new Contestant();
    contestant.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', process.env.SSL_SCENE_BENCH_DEBUG ? 'inherit' : 'ignore'],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...environment },
    });
    contestant.#lines = createInterface({ input: contestant.#child.stdout })[Symbol.asyncIterator]();
    const greeting = await contestant.#next();
    if (!greeting.startsWith('ready')) throw new Error(`${command} said ${greeting}`);
    contestant.description = greeting.slice('ready'.length).trim();
    return contestant;
  }

  async ask(request) {
    this.#child.stdin.write(`${request}\n`);
    return JSON.parse(await this.#next());
  }

  /**
   * Milliseconds of processor time that it and its child processes have used, in steps of ten. Other programs on the machine
   * lengthen the time that work takes, but hardly this. Undefined where the system has no /proc.
   */
  processorTime() {
    try {
      return processesFrom(this.#child.pid).reduce((sum, pid) => sum + processorTicks(pid), 0) * 10;
    } catch {
      return undefined;
    }
  }

  stop() {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('a contestant ended before it answered');
    return value;
  }
}

/** A process and all that it started. */
function processesFrom(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/\d+/g) ?? [],
  );
  return [pid, ...children.flatMap(processesFrom)];
}

/** User and system time of a process, all its threads together, in hundredths of a second. */
function processorTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Lets contestants take turns of a few steps each and gives the median milliseconds of each. The first step of a turn is
 * not counted: it runs with the caches that the other contestant left.
 */
export async function takeTurns(contestants, { rounds, steps }) {
  const times = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries())
      times[index].push(...(await contestant.ask(`steps ${steps + 1}`)).slice(1));
  }
  return times.map(median);
}
