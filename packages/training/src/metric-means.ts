/** Running means of a step's metrics over an epoch. */
export class MetricMeans {
  readonly #sums = new Map<string, number>();
  #steps = 0;

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
}
