const START_OF_SCAN = 0xda;

/** Number of scans of a file: each is a pass over the whole picture, and a file may have any number. */
export function jpegScans(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = Buffer.from([0xff, START_OF_SCAN]);
  let scans = 0;
  for (let at = buffer.indexOf(mark); at >= 0; at = buffer.indexOf(mark, at + 2)) scans++;
  return scans;
}
