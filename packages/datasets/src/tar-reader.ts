import { brokenArchive } from './archive-error.ts';
import { metaBytes, paddedSize, parseTarHeader, TAR_BLOCK, TarExtensions, type TarHeader } from './tar-header.ts';

/** Reads a tar archive from a stream, member by member. */
export class TarReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #where: string;
  readonly #extensions = new TarExtensions();
  #pending: Uint8Array = new Uint8Array(0);
  /** Bytes of the present member that were not read, and of the filling behind it. */
  #left = 0;
  #filling = 0;

  constructor(stream: AsyncIterable<Uint8Array>, where: string) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#where = where;
  }

  /** The next member, what is left of the present one skipped; undefined at the end. @throws SceneError `BROKEN_ARCHIVE` */
  async next(): Promise<TarHeader | undefined> {
    for (;;) {
      await this.#skip(this.#left + this.#filling);
      this.#left = 0;
      this.#filling = 0;
      const block = await this.#take(TAR_BLOCK);
      const stored = block === undefined ? undefined : parseTarHeader(block, this.#where);
      if (stored === undefined) return undefined;
      const header = stored.kind === 'meta' ? stored : this.#extensions.complete(stored);
      this.#left = header.size;
      this.#filling = paddedSize(header.size) - header.size;
      if (header.kind !== 'meta') return header;
      await this.#readMeta(header);
    }
  }

  /** The contents of the member that `next` gave. */
  async *contents(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const chunk = await this.#some(this.#left);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async #readMeta(header: TarHeader): Promise<void> {
    // Global records may be of any length and say nothing that matters here.
    if (header.typeFlag === 'g') return;
    const contents = await this.#take(metaBytes(header, this.#where));
    this.#left = 0;
    this.#extensions.read(header, contents ?? new Uint8Array(0), this.#where);
  }

  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.#some(left)).length;
  }

  /** So many bytes, or undefined where the stream ends before the first. */
  async #take(count: number): Promise<Uint8Array | undefined> {
    if (count === 0 || !(await this.#fill())) return count === 0 ? new Uint8Array(0) : undefined;
    const bytes = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const chunk = await this.#some(count - done);
      bytes.set(chunk, done);
      done += chunk.length;
    }
    return bytes;
  }

  /** At least one and at most so many bytes. */
  async #some(most: number): Promise<Uint8Array> {
    if (!(await this.#fill())) throw brokenArchive(this.#where, 'an archive that ends inside a member');
    const chunk = this.#pending.subarray(0, most);
    this.#pending = this.#pending.subarray(chunk.length);
    return chunk;
  }

  /** @returns whether there are bytes */
  async #fill(): Promise<boolean> {
    while (this.#pending.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#pending = value;
    }
    return true;
  }
}
