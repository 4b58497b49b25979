import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive with the given members, every second one deflated. */
export function zip(members: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [index, [name, text]] of Object.entries(members).entries()) {
    const data = Buffer.from(text);
    const isDeflated = index % 2 === 1;
    const body = isDeflated ? deflateRawSync(data) : data;
    const common = commonHeader(name, data, body, isDeflated);
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, Buffer.from(name), body]);
    const central = Buffer.concat([
      Buffer.from('504b01021400', 'hex'),
      common,
      Buffer.alloc(6 + 4),
      uint32(offset),
      Buffer.from(name),
    ]);
    locals.push(local);
    directory.push(central);
    offset += local.length;
  }
  const directorySize = directory.reduce((sum, item) => sum + item.length, 0);
  const count = uint16(directory.length);
  const end = [Buffer.from('504b050600000000', 'hex'), count, count, uint32(directorySize), uint32(offset), uint16(0)];
  return Buffer.concat([...locals, ...directory, ...end]);
}

function commonHeader(name: string, data: Buffer, body: Buffer, isDeflated: boolean): Buffer {
  return Buffer.concat([
    uint16(20),
    uint16(0),
    uint16(isDeflated ? 8 : 0),
    Buffer.from('00002100', 'hex'),
    uint32(crc32(data)),
    uint32(body.length),
    uint32(data.length),
    uint16(Buffer.byteLength(name)),
    uint16(0),
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
