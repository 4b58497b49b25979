/** `out[i] = table[input[i]]`; `out` may be `input`. */
export function lookUp(input: Uint8Array, table: Uint8Array, out: Uint8Array): void {
  const length = input.length;
  for (let i = 0; i < length; i++) out[i] = table[input[i]!]!;
}

/** `lookUp` with a table of 256 entries for each channel, one after the other. */
export function lookUpByChannel(input: Uint8Array, tables: Uint8Array, out: Uint8Array): void {
  const length = input.length;
  for (let i = 0; i < length; i += 3) {
    out[i] = tables[input[i]!]!;
    out[i + 1] = tables[256 + input[i + 1]!]!;
    out[i + 2] = tables[512 + input[i + 2]!]!;
  }
}
