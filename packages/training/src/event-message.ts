/** Wire types of the protocol buffer encoding. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Field numbers of TensorFlow's `Event`, `Summary`, `Summary.Value` and `SessionLog`. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_STATUS = 1;
const SESSION_START = 1;

const encoder = new TextEncoder();

/** The event that begins a file. */
export function fileVersionEvent(wallTime: number): Uint8Array {
  return joined(double(EVENT.wallTime, wallTime), bytes(EVENT.fileVersion, encoder.encode('brain.Event:2')));
}

/** The event after which TensorBoard forgets what earlier files say of this step and later ones. */
export function sessionStartEvent(wallTime: number, step: number): Uint8Array {
  const session = integer(SESSION_STATUS, SESSION_START);
  return joined(double(EVENT.wallTime, wallTime), integer(EVENT.step, step), bytes(EVENT.sessionLog, session));
}

/** Scalars of a step, by their tags. */
export function scalarsEvent(wallTime: number, step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytes(SUMMARY_VALUE, joined(bytes(VALUE.tag, encoder.encode(tag)), float(VALUE.simpleValue, value))),
  );
  const summary = bytes(EVENT.summary, joined(...values));
  return joined(double(EVENT.wallTime, wallTime), integer(EVENT.step, step), summary);
}

function double(field: number, value: number): Uint8Array {
  const encoded = new Uint8Array(9);
  encoded[0] = (field << 3) | FIXED_64;
  new DataView(encoded.buffer).setFloat64(1, value, true);
  return encoded;
}

function float(field: number, value: number): Uint8Array {
  const encoded = new Uint8Array(5);
  encoded[0] = (field << 3) | FIXED_32;
  new DataView(encoded.buffer).setFloat32(1, value, true);
  return encoded;
}

/** A whole number from 0; nothing for 0, which is what an absent field means. */
function integer(field: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array(0) : joined(varint((field << 3) | VARINT), varint(value));
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return joined(varint((field << 3) | LENGTH_DELIMITED), varint(content.length), content);
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = value;
  while (rest > 127) {
    encoded.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...encoded, rest]);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
