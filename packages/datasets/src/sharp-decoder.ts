import type { Raster } from '@ssl-scene/geometry';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { cmykToRgb, compositeOver, greyToRgb } from './colour-conversion.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { brokenImage, decodeTimeout, tooLarge } from './image-fault.ts';
import { detectFormat } from './image-format.ts';
import { jpegComponents } from './jpeg-header.ts';
import { type Orientation, orientRaster, readOrientation } from './orientation.ts';
import { loadSharp, type SharpModule } from './sharp-module.ts';

/** Decodes the first frame of a file by sharp, upright; see `decodeImage`. */
export async function decodeWithSharp(
  bytes: Uint8Array,
  options: ResolvedDecodeOptions,
  where: string,
): Promise<Raster> {
  const sharp = await loadSharp();
  try {
    return await decode(sharp, bytes, options, where);
  } catch (error) {
    throw explain(error, options, where);
  }
}

async function decode(
  sharp: SharpModule,
  bytes: Uint8Array,
  options: ResolvedDecodeOptions,
  where: string,
): Promise<Raster> {
  const input: SharpOptions = {
    limitInputPixels: options.pixelLimit,
    failOn: options.truncated === 'accept' ? 'none' : 'truncated',
    ignoreIcc: options.colourProfile === 'ignore',
    // A training run keeps its threads busy with other pictures; reading in order is what a whole decode wants.
    sequentialRead: true,
  };
  const { space, orientation, comments } = mayBeUnusual(bytes) ? await sharp(bytes, input).metadata() : ORDINARY;
  // Without a colour profile there is no right conversion from ink to light; Pillow's simple one is what peers train on.
  const keepInk = space === 'cmyk' && options.colourProfile === 'ignore';
  const upright = sharp(bytes, input).autoOrient();
  const coloured = keepInk ? upright.pipelineColourspace('cmyk').toColourspace('cmyk') : upright.toColourspace('srgb');
  const { data, info } = await limited(coloured, options).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (data.length !== width * height * channels) {
    throw brokenImage(where, `${data.length} bytes for ${width} × ${height} pixels of ${channels} channels`);
  }
  const stored = {
    width,
    height,
    data: toRgb(new Uint8Array(data.buffer, data.byteOffset, data.length), channels, keepInk, options),
  };
  return orientation === undefined && comments !== undefined
    ? orientRaster(stored, orientationInComments(comments))
    : stored;
}

/** What `metadata` says of a picture that libvips turns upright and to sRGB by itself. */
const ORDINARY: Partial<Pick<Metadata, 'space' | 'orientation' | 'comments'>> = {};

const HEXADECIMAL_PROFILE = 'Raw profile type ';

/** Reading the metadata takes a tenth of the time of a small picture; most JPEG and PNG files show quickly that they need not. */
function mayBeUnusual(bytes: Uint8Array): boolean {
  const format = detectFormat(bytes);
  if (format === 'jpeg') return ![1, 3].includes(jpegComponents(bytes) ?? 0);
  if (format === 'png') return asBuffer(bytes).includes(HEXADECIMAL_PROFILE);
  return format !== 'webp' && format !== 'gif';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** ImageMagick stores EXIF in PNG files as hexadecimal text, which libvips leaves alone. */
function orientationInComments(comments: readonly { keyword: string; text: string }[] | undefined): Orientation {
  const profile = comments?.find(({ keyword }) => /^Raw profile type (exif|APP1)$/.test(keyword));
  // A newline, the profile's name, its length, then the digits.
  const digits = profile?.text.match(/^\s*\w+\s+\d+\s+([\da-f\s]+)$/i)?.[1];
  return digits === undefined ? 1 : readOrientation(Buffer.from(digits.replace(/\s/g, ''), 'hex'));
}

/** sharp counts in whole seconds; the callers' own clocks are finer, this one makes libvips stop working. */
function limited(pipeline: Sharp, options: ResolvedDecodeOptions): Sharp {
  return pipeline.timeout({ seconds: Math.min(3600, Math.max(1, Math.ceil(options.timeLimit / 1000))) });
}

function toRgb(data: Uint8Array, channels: number, isInk: boolean, options: ResolvedDecodeOptions): Uint8Array {
  if (isInk) return cmykToRgb(data);
  if (channels === 3) return data;
  if (channels === 4) return compositeOver(data, options.background);
  return greyToRgb(data);
}

function explain(error: unknown, options: ResolvedDecodeOptions, where: string): unknown {
  if (!(error instanceof Error) || error.name === 'SceneError') return error;
  const message = error.message.trim().split('\n')[0]!;
  if (/exceeds pixel limit|dimensions? exceed/i.test(message)) return tooLarge(where, message, options.pixelLimit);
  if (/^timeout/i.test(message)) return decodeTimeout(where, options.timeLimit);
  return brokenImage(where, message, error);
}
