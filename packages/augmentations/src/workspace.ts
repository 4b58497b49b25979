/**
 * Scratch memory and tables that operations keep between calls, so that a loop over many images allocates nothing but its
 * results. Pass one workspace to all calls of one thread; without it every call makes its own. It never changes a result.
 */
export class Workspace {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #integers = new Map<string, Int32Array>();
  readonly #tables = new Map<string, unknown>();

  /** Bytes with arbitrary contents, at least `length` of them; the same memory at every call with this name. */
  bytes(name: string, length: number): Uint8Array {
    let buffer = this.#bytes.get(name);
    if (buffer === undefined || buffer.length < length) {
      buffer = new Uint8Array(length);
      this.#bytes.set(name, buffer);
    }
    return buffer;
  }

  /** 32-bit integers with arbitrary contents, at least `length` of them; the same memory at every call with this name. */
  integers(name: string, length: number): Int32Array {
    let buffer = this.#integers.get(name);
    if (buffer === undefined || buffer.length < length) {
      buffer = new Int32Array(length);
      this.#integers.set(name, buffer);
    }
    return buffer;
  }

  /** What `make` returned at the first call with this name. */
  table<T>(name: string, make: () => T): T {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = make();
      this.#tables.set(name, table);
    }
    return table as T;
  }
}
