import type { SampleFile, ShardSample } from './shard-index.ts';

/** What is kept of each file of a sample: offset, size, and number of the extension. */
const NUMBERS = 3;

interface ShardTable {
  /** Number of its first sample among all. */
  readonly start: number;
  readonly keys: readonly string[];
  /** Number of files before each sample, and behind them all. */
  readonly fileStarts: Uint32Array;
  readonly files: Float64Array;
}

/** The samples of many shards in little memory: a key each, and three numbers for each file. */
export class SampleTable {
  readonly #shards: ShardTable[] = [];
  readonly #extensions: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  addShard(samples: readonly ShardSample[]): void {
    const fileStarts = new Uint32Array(samples.length + 1);
    for (const [i, { files }] of samples.entries()) fileStarts[i + 1] = fileStarts[i]! + files.length;
    const files = samples.flatMap((sample) =>
      sample.files.flatMap(({ extension, offset, size }) => [offset, size, this.#numberOf(extension)]),
    );
    const keys = samples.map(({ key }) => key);
    this.#shards.push({ start: this.#length, keys, fileStarts, files: Float64Array.from(files) });
    this.#length += samples.length;
  }

  /** The sample of an index within the table, and the number of its shard. */
  sample(index: number): ShardSample & { readonly shard: number } {
    const shard = this.#shardOf(index);
    const { start, keys, fileStarts, files } = this.#shards[shard]!;
    const local = index - start;
    const found: SampleFile[] = [];
    for (let at = NUMBERS * fileStarts[local]!; at < NUMBERS * fileStarts[local + 1]!; at += NUMBERS) {
      found.push({ extension: this.#extensions[files[at + 2]!]!, offset: files[at]!, size: files[at + 1]! });
    }
    return { key: keys[local]!, files: found, shard };
  }

  #numberOf(extension: string): number {
    const number = this.#extensions.indexOf(extension);
    return number >= 0 ? number : this.#extensions.push(extension) - 1;
  }

  /** The last shard that starts at or before a sample, found by halving. */
  #shardOf(index: number): number {
    let [low, high] = [0, this.#shards.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#shards[middle]!.start <= index) low = middle;
      else high = middle;
    }
    return low;
  }
}
