import { closeSync, constants, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { encodePackedHead, PACKED_ALIGNMENT, PACKED_HEAD_BYTES } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';

/** A packed file while it is written: images one after the other, then the index, then the head that makes it valid. */
export class PackedFile {
  readonly #file: string;
  readonly #descriptor: number;
  #end: number;

  /** @param end what lies beyond it is thrown away */
  constructor(file: string, end: number) {
    this.#file = file;
    this.#descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT);
    this.#end = Math.max(end, PACKED_HEAD_BYTES);
    ftruncateSync(this.#descriptor, this.#end);
  }

  get end(): number {
    return this.#end;
  }

  /** Appends bytes; returns where they are. */
  append(bytes: Uint8Array): number {
    const place = Math.ceil(this.#end / PACKED_ALIGNMENT) * PACKED_ALIGNMENT;
    this.#write(bytes, place);
    this.#end = place + bytes.length;
    return place;
  }

  /** Waits until all is on the disk. */
  sync(): void {
    this.#guarded(() => fsyncSync(this.#descriptor));
  }

  /** Appends the index and writes the head. */
  finish(index: Uint8Array): void {
    const place = this.append(index);
    this.sync();
    this.#write(encodePackedHead(place, index), 0);
    this.sync();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(bytes: Uint8Array, place: number): void {
    this.#guarded(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, place + done);
      }
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw new SceneError({
        code: 'PACK_WRITE_FAILED',
        expected: 'room for the packed file',
        found: cause instanceof Error ? cause.message : String(cause),
        where: this.#file,
        fix: 'Make room and start again: packing goes on where it stopped.',
        cause,
      });
    }
  }
}
