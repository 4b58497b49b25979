/** Sums of metrics over some steps, as plain data that survives JSON. */
export interface MetricSums {
  readonly steps: number;
  readonly sums: Readonly<Record<string, number | null>>;
}

/** Running means of a step's metrics over an epoch. */
export class MetricMeans {
  readonly #sums: Map<string, number>;
  #steps: number;

  /** @param before sums of earlier steps to go on from. Default: none. */
  constructor({ steps, sums }: MetricSums = { steps: 0, sums: {} }) {
    this.#steps = steps;
    this.#sums = new Map(Object.entries(sums).map(([name, sum]) => [name, sum ?? Number.NaN]));
  }

  get steps(): number {
    return this.#steps;
  }

  add(metrics: Readonly<Record<string, number>>): void {
    this.#steps++;
    for (const [name, value] of Object.entries(metrics)) this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
  }

  /** Means by name; empty before the first step. */
  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.#steps]));
  }

  /** Sums by name; `null` for those that are not finite. */
  sums(): MetricSums {
    const sums = [...this.#sums].map(([name, sum]) => [name, Number.isFinite(sum) ? sum : null] as const);
    return { steps: this.#steps, sums: Object.fromEntries(sums) };
  }
}
