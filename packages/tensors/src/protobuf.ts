/** Wire types of the protocol buffer encoding. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const encoder = new TextEncoder();

/** Writes one protocol buffer message, field by field, in the order of the calls. */
export class MessageWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** An integer (int32, int64, bool or enum); negative ones take ten bytes, as the format wants. */
  integer(field: number, value: number | bigint): this {
    return this.varint((field << 3) | VARINT).varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.varint((field << 3) | FIXED_32).append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.varint((field << 3) | LENGTH_DELIMITED)
      .varint(value.length)
      .append(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: MessageWriter): this {
    this.varint((field << 3) | LENGTH_DELIMITED).varint(value.length);
    for (const chunk of value.chunks) this.append(chunk);
    return this;
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let position = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, position);
      position += chunk.length;
    }
    return whole;
  }

  private varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest ? low | 128 : low);
    } while (rest);
    return this.append(Uint8Array.from(bytes));
  }

  private append(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    this.length += bytes.length;
    return this;
  }
}
