import type { RingControl } from './ring-control.ts';

/** How often within the time limit the lanes are looked at. */
const LOOKS_PER_LIMIT = 4;
const SHORTEST_PAUSE = 5;

/** Looks whether a lane stays at one item for too long, and takes it away from it. */
export class WorkWatch {
  readonly #control: RingControl;
  readonly #timeLimit: number;
  readonly #onOverdue: (lane: number) => void;
  /** By lane: the work it was seen at, and since when. */
  readonly #seen: { work: number; since: number }[];
  readonly #timer: NodeJS.Timeout;

  /** @param timeLimit in milliseconds @param onOverdue hears of every lane whose item was taken away */
  constructor(control: RingControl, timeLimit: number, onOverdue: (lane: number) => void) {
    this.#control = control;
    this.#timeLimit = timeLimit;
    this.#onOverdue = onOverdue;
    this.#seen = Array.from({ length: control.lanes }, () => ({ work: 0, since: 0 }));
    this.#timer = setInterval(() => this.#look(), Math.max(SHORTEST_PAUSE, timeLimit / LOOKS_PER_LIMIT));
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [lane, seen] of this.#seen.entries()) {
      const work = this.#control.workOf(lane);
      const isWorking = work > 0 && work % 2 === 1;
      if (!isWorking || work !== seen.work) this.#seen[lane] = { work, since: now };
      else if (now - seen.since >= this.#timeLimit && this.#control.condemn(lane, work)) this.#onOverdue(lane);
    }
  }
}
