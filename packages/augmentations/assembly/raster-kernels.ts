// AssemblyScript: the hot loops in WebAssembly SIMD. Each kernel equals the TypeScript operation of the same name bit for bit.
//
// The caller lays out all memory; nothing is allocated here. A view is held as three planes of 8-bit values, `planeSize` bytes
// apart. `plane` points at the first value of the first row of the red plane, rows are `stride` bytes apart, and each row has
// 16 spare bytes before its first value and at least 16 after its width rounded up to 16. Kernels work on 16 values at a time
// and may write anything to the spare bytes. The interleaved image is followed by spare bytes, too: see `RasterMemory`.

const ZERO: v128 = i32x4.splat(0);

// ---- resizing -------------------------------------------------------------------------------------------------------------

// Products of 8-bit values with 22-bit weights do not fit the 16-bit multiplications of SIMD, so a weight is split into
// `high * 2048 + low`; both sums are exact, and so is their recombination.
const LOW_BITS: i32 = 11;
const WEIGHT_BITS: i32 = 22;
const HALF_WEIGHT: i32 = 1 << 21;

/** The red, green and blue values of two pixels, at bytes 0 to 5 of `pixels`, as pairs of 16-bit numbers. */
function firstPair(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
}

/** The same of the next two pixels, at bytes 6 to 11. */
function secondPair(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
}

/** Four sums of 22-bit fixed point, clipped to 8 bits in the first four bytes. */
function roundedLevels(high: v128, low: v128): v128 {
  const sum = i32x4.shr_s(i32x4.add(i32x4.shl(high, LOW_BITS), low), WEIGHT_BITS);
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(sum, sum), ZERO);
}

/**
 * Resamples rows of interleaved RGB pixels to `width` pixels. `positions` holds two 32-bit integers for each output pixel: the
 * byte offset of its first input pixel and the number of groups of four taps; `weights` 16 bytes a group (high and low halves
 * of the first pair, then of the second), `groupsPerPixel` groups apart. Writes one byte more than a row has.
 */
export function resampleRows(
  source: usize,
  sourceStride: i32,
  rows: i32,
  target: usize,
  targetStride: i32,
  width: i32,
  positions: usize,
  weights: usize,
  groupsPerPixel: i32,
): void {
  const half = i32x4.splat(HALF_WEIGHT);
  let row = 0;
  // Two rows at a time share the loading of weights.
  for (; row + 1 < rows; row += 2) {
    const start = source + <usize>(row * sourceStride);
    let out = target + <usize>(row * targetStride);
    let pixelWeights = weights;
    for (let column = 0; column < width; column++) {
      let at = start + <usize>load<i32>(positions + (column << 3));
      const groups = load<i32>(positions + (column << 3), 4);
      let high0 = ZERO;
      let low0 = half;
      let high1 = ZERO;
      let low1 = half;
      let weight = pixelWeights;
      for (let group = 0; group < groups; group++) {
        const firstHigh = v128.load32_splat(weight);
        const firstLow = v128.load32_splat(weight, 4);
        const secondHigh = v128.load32_splat(weight, 8);
        const secondLow = v128.load32_splat(weight, 12);
        const upper = v128.load(at);
        const lower = v128.load(at + sourceStride);
        let first = firstPair(upper);
        let second = secondPair(upper);
        high0 = i32x4.add(high0, i32x4.add(i32x4.dot_i16x8_s(first, firstHigh), i32x4.dot_i16x8_s(second, secondHigh)));
        low0 = i32x4.add(low0, i32x4.add(i32x4.dot_i16x8_s(first, firstLow), i32x4.dot_i16x8_s(second, secondLow)));
        first = firstPair(lower);
        second = secondPair(lower);
        high1 = i32x4.add(high1, i32x4.add(i32x4.dot_i16x8_s(first, firstHigh), i32x4.dot_i16x8_s(second, secondHigh)));
        low1 = i32x4.add(low1, i32x4.add(i32x4.dot_i16x8_s(first, firstLow), i32x4.dot_i16x8_s(second, secondLow)));
        at += 12;
        weight += 16;
      }
      // Four bytes are stored for three: the next pixel overwrites the fourth.
      store<i32>(out, i32x4.extract_lane(roundedLevels(high0, low0), 0));
      store<i32>(out + targetStride, i32x4.extract_lane(roundedLevels(high1, low1), 0));
      out += 3;
      pixelWeights += groupsPerPixel << 4;
    }
  }
  if (row < rows) {
    const start = source + <usize>(row * sourceStride);
    let out = target + <usize>(row * targetStride);
    let pixelWeights = weights;
    for (let column = 0; column < width; column++) {
      let at = start + <usize>load<i32>(positions + (column << 3));
      const groups = load<i32>(positions + (column << 3), 4);
      let high = ZERO;
      let low = half;
      let weight = pixelWeights;
      for (let group = 0; group < groups; group++) {
        const pixels = v128.load(at);
        const first = firstPair(pixels);
        const second = secondPair(pixels);
        high = i32x4.add(
          high,
          i32x4.add(
            i32x4.dot_i16x8_s(first, v128.load32_splat(weight)),
            i32x4.dot_i16x8_s(second, v128.load32_splat(weight, 8)),
          ),
        );
        low = i32x4.add(
          low,
          i32x4.add(
            i32x4.dot_i16x8_s(first, v128.load32_splat(weight, 4)),
            i32x4.dot_i16x8_s(second, v128.load32_splat(weight, 12)),
          ),
        );
        at += 12;
        weight += 16;
      }
      store<i32>(out, i32x4.extract_lane(roundedLevels(high, low), 0));
      out += 3;
      pixelWeights += groupsPerPixel << 4;
    }
  }
}

/**
 * Resamples columns of bytes to `height` rows. `positions` holds two 32-bit integers for each output row: its first input row
 * and the number of pairs of taps; `weights` 8 bytes a pair (high halves, then low halves), `pairsPerRow` pairs apart. Reads
 * one row more than it needs where the number of taps is odd.
 */
export function resampleColumns(
  source: usize,
  sourceStride: i32,
  bytesPerRow: i32,
  target: usize,
  targetStride: i32,
  height: i32,
  positions: usize,
  weights: usize,
  pairsPerRow: i32,
): void {
  const half = i32x4.splat(HALF_WEIGHT);
  for (let row = 0; row < height; row++) {
    const start = source + <usize>(load<i32>(positions + (row << 3)) * sourceStride);
    const pairs = load<i32>(positions + (row << 3), 4);
    const rowWeights = weights + <usize>((row * pairsPerRow) << 3);
    const out = target + <usize>(row * targetStride);
    for (let x = 0; x < bytesPerRow; x += 16) {
      let at = start + x;
      let weight = rowWeights;
      let high0 = ZERO;
      let high1 = ZERO;
      let high2 = ZERO;
      let high3 = ZERO;
      let low0 = half;
      let low1 = half;
      let low2 = half;
      let low3 = half;
      for (let pair = 0; pair < pairs; pair++) {
        const upper = v128.load(at);
        const lower = v128.load(at + sourceStride);
        const weightHigh = v128.load32_splat(weight);
        const weightLow = v128.load32_splat(weight, 4);
        const left = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        let values = i16x8.extend_low_i8x16_u(left);
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(values, weightHigh));
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(values, weightLow));
        values = i16x8.extend_high_i8x16_u(left);
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(values, weightHigh));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(values, weightLow));
        values = i16x8.extend_low_i8x16_u(right);
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(values, weightHigh));
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(values, weightLow));
        values = i16x8.extend_high_i8x16_u(right);
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(values, weightHigh));
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(values, weightLow));
        at += sourceStride << 1;
        weight += 8;
      }
      high0 = i32x4.shr_s(i32x4.add(i32x4.shl(high0, LOW_BITS), low0), WEIGHT_BITS);
      high1 = i32x4.shr_s(i32x4.add(i32x4.shl(high1, LOW_BITS), low1), WEIGHT_BITS);
      high2 = i32x4.shr_s(i32x4.add(i32x4.shl(high2, LOW_BITS), low2), WEIGHT_BITS);
      high3 = i32x4.shr_s(i32x4.add(i32x4.shl(high3, LOW_BITS), low3), WEIGHT_BITS);
      v128.store(out + x, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(high0, high1), i16x8.narrow_i32x4_s(high2, high3)));
    }
  }
}

// ---- between interleaved pixels and planes ----------------------------------------------------------------------------------

/** Interleaved pixels, rows `sourceStride` bytes apart, to planes. */
export function split(
  source: usize,
  sourceStride: i32,
  plane: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
): void {
  for (let row = 0; row < height; row++) {
    let from = source + <usize>(row * sourceStride);
    let to = plane + <usize>(row * stride);
    for (let x = 0; x < width; x += 16) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      v128.store(
        to,
        i8x16.shuffle(
          i8x16.shuffle(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0),
          c,
          0,
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          10,
          17,
          20,
          23,
          26,
          29,
        ),
      );
      v128.store(
        to + planeSize,
        i8x16.shuffle(
          i8x16.shuffle(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0),
          c,
          0,
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          10,
          18,
          21,
          24,
          27,
          30,
        ),
      );
      v128.store(
        to + 2 * planeSize,
        i8x16.shuffle(
          i8x16.shuffle(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0),
          c,
          0,
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          16,
          19,
          22,
          25,
          28,
          31,
        ),
      );
      from += 48;
      to += 16;
    }
  }
}

/** First 16 of the 48 interleaved bytes of 16 pixels. */
function interleaved0(red: v128, green: v128, blue: v128): v128 {
  return i8x16.shuffle(
    i8x16.shuffle(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5),
    blue,
    0,
    1,
    16,
    3,
    4,
    17,
    6,
    7,
    18,
    9,
    10,
    19,
    12,
    13,
    20,
    15,
  );
}

/** The next 16. */
function interleaved1(red: v128, green: v128, blue: v128): v128 {
  return i8x16.shuffle(
    i8x16.shuffle(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26),
    blue,
    0,
    21,
    2,
    3,
    22,
    5,
    6,
    23,
    8,
    9,
    24,
    11,
    12,
    25,
    14,
    15,
  );
}

/** The last 16. */
function interleaved2(red: v128, green: v128, blue: v128): v128 {
  return i8x16.shuffle(
    i8x16.shuffle(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0),
    blue,
    26,
    1,
    2,
    27,
    4,
    5,
    28,
    7,
    8,
    29,
    10,
    11,
    30,
    13,
    14,
    31,
  );
}

/** Planes to interleaved bytes without gaps between rows; writes up to 45 bytes past the end. */
export function join(plane: usize, target: usize, width: i32, height: i32, stride: i32, planeSize: i32): void {
  for (let row = 0; row < height; row++) {
    const from = plane + <usize>(row * stride);
    const to = target + <usize>(row * width * 3);
    for (let x = 0; x < width; x += 16) {
      const red = v128.load(from + x);
      const green = v128.load(from + x + planeSize);
      const blue = v128.load(from + x + 2 * planeSize);
      const out = to + <usize>(x * 3);
      v128.store(out, interleaved0(red, green, blue));
      v128.store(out, interleaved1(red, green, blue), 16);
      v128.store(out, interleaved2(red, green, blue), 32);
    }
  }
}

/** The first four of eight 16-bit numbers as single-precision numbers. */
function lowerFloats(values: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(values));
}

/** The last four. */
function upperFloats(values: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(values));
}

function channelPattern(first: f32, second: f32, third: f32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(first), 1, second), 2, third);
}

function scaled(values: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(values, scale), offset);
}

/** Stores 16 bytes as 16 numbers; scales and offsets follow the channels, whose pattern repeats after three vectors. */
function storeScaled(
  out: usize,
  bytes: v128,
  scale0: v128,
  scale1: v128,
  scale2: v128,
  offset0: v128,
  offset1: v128,
  offset2: v128,
): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(out, scaled(lowerFloats(low), scale0, offset0));
  v128.store(out, scaled(upperFloats(low), scale1, offset1), 16);
  v128.store(out, scaled(lowerFloats(high), scale2, offset2), 32);
  v128.store(out, scaled(upperFloats(high), scale0, offset0), 48);
}

/** Planes to interleaved single-precision numbers `value * scale + offset`; writes up to 180 bytes past the end. */
export function normalise(
  plane: usize,
  target: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
  redScale: f32,
  greenScale: f32,
  blueScale: f32,
  redOffset: f32,
  greenOffset: f32,
  blueOffset: f32,
): void {
  const scale0 = channelPattern(redScale, greenScale, blueScale);
  const scale1 = channelPattern(greenScale, blueScale, redScale);
  const scale2 = channelPattern(blueScale, redScale, greenScale);
  const offset0 = channelPattern(redOffset, greenOffset, blueOffset);
  const offset1 = channelPattern(greenOffset, blueOffset, redOffset);
  const offset2 = channelPattern(blueOffset, redOffset, greenOffset);
  // The fourth number of a pattern is the first of the next.
  const s0 = f32x4.replace_lane(scale0, 3, redScale);
  const s1 = f32x4.replace_lane(scale1, 3, greenScale);
  const s2 = f32x4.replace_lane(scale2, 3, blueScale);
  const o0 = f32x4.replace_lane(offset0, 3, redOffset);
  const o1 = f32x4.replace_lane(offset1, 3, greenOffset);
  const o2 = f32x4.replace_lane(offset2, 3, blueOffset);
  for (let row = 0; row < height; row++) {
    const from = plane + <usize>(row * stride);
    const to = target + <usize>(row * width * 12);
    for (let x = 0; x < width; x += 16) {
      const red = v128.load(from + x);
      const green = v128.load(from + x + planeSize);
      const blue = v128.load(from + x + 2 * planeSize);
      const out = to + <usize>(x * 12);
      storeScaled(out, interleaved0(red, green, blue), s0, s1, s2, o0, o1, o2);
      storeScaled(out + 64, interleaved1(red, green, blue), s1, s2, s0, o1, o2, o0);
      storeScaled(out + 128, interleaved2(red, green, blue), s2, s0, s1, o2, o0, o1);
    }
  }
}

/** Mirrors left and right, from one set of planes to another. */
export function flipRows(source: usize, target: usize, width: i32, height: i32, stride: i32, planeSize: i32): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < height; row++) {
      const start = <usize>(channel * planeSize + row * stride);
      for (let x = 0; x < width; x += 16) {
        const mirrored = v128.load(source + start + (width - 16 - x));
        v128.store(
          target + start + x,
          i8x16.swizzle(mirrored, i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)),
        );
      }
    }
  }
}

// ---- colour -----------------------------------------------------------------------------------------------------------------

/** Single-precision numbers truncated and clipped to 16 bytes. */
function levels(a: v128, b: v128, c: v128, d: v128): v128 {
  const first = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(a), i32x4.trunc_sat_f32x4_s(b));
  const second = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(c), i32x4.trunc_sat_f32x4_s(d));
  return i8x16.narrow_i16x8_u(first, second);
}

function blended(from: v128, to: v128, factor: v128): v128 {
  return f32x4.add(from, f32x4.mul(factor, f32x4.sub(to, from)));
}

/** Brightness (`constant` 0) and contrast (`constant` the mean level). */
export function blendConstant(
  plane: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
  constant: f32,
  factor: f32,
): void {
  const from = f32x4.splat(constant);
  const factors = f32x4.splat(factor);
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < height; row++) {
      const start = plane + <usize>(channel * planeSize + row * stride);
      for (let x = 0; x < width; x += 16) {
        const values = v128.load(start + x);
        const low = i16x8.extend_low_i8x16_u(values);
        const high = i16x8.extend_high_i8x16_u(values);
        v128.store(
          start + x,
          levels(
            blended(from, lowerFloats(low), factors),
            blended(from, upperFloats(low), factors),
            blended(from, lowerFloats(high), factors),
            blended(from, upperFloats(high), factors),
          ),
        );
      }
    }
  }
}

/**
 * Luma of eight pixels in 16-bit lanes. Green's weight 38470 does not fit a signed 16-bit number and is halved: 19235 in each
 * of two dot products.
 */
function luma8(red: v128, green: v128, blue: v128): v128 {
  const redGreen = i32x4.splat((19235 << 16) | 19595);
  const greenBlue = i32x4.splat((7471 << 16) | 19235);
  const half = i32x4.splat(0x8000);
  const first = i32x4.add(
    i32x4.dot_i16x8_s(i8x16.shuffle(red, green, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), redGreen),
    i32x4.add(
      half,
      i32x4.dot_i16x8_s(i8x16.shuffle(green, blue, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), greenBlue),
    ),
  );
  const second = i32x4.add(
    i32x4.dot_i16x8_s(
      i8x16.shuffle(red, green, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31),
      redGreen,
    ),
    i32x4.add(
      half,
      i32x4.dot_i16x8_s(
        i8x16.shuffle(green, blue, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31),
        greenBlue,
      ),
    ),
  );
  return i16x8.narrow_i32x4_s(i32x4.shr_u(first, 16), i32x4.shr_u(second, 16));
}

function lowerLuma(red: v128, green: v128, blue: v128): v128 {
  return luma8(i16x8.extend_low_i8x16_u(red), i16x8.extend_low_i8x16_u(green), i16x8.extend_low_i8x16_u(blue));
}

function upperLuma(red: v128, green: v128, blue: v128): v128 {
  return luma8(i16x8.extend_high_i8x16_u(red), i16x8.extend_high_i8x16_u(green), i16x8.extend_high_i8x16_u(blue));
}

/** Sum of the luma of all pixels. */
export function lumaSum(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32): f64 {
  let sums = ZERO;
  const lane = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (let row = 0; row < height; row++) {
    const start = plane + <usize>(row * stride);
    for (let x = 0; x < width; x += 16) {
      const red = v128.load(start + x);
      const green = v128.load(start + x + planeSize);
      const blue = v128.load(start + x + 2 * planeSize);
      let luma = i8x16.narrow_i16x8_u(lowerLuma(red, green, blue), upperLuma(red, green, blue));
      // Spare bytes do not count.
      if (x + 16 > width) luma = v128.and(luma, i8x16.lt_s(lane, i8x16.splat(<i8>(width - x))));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(luma)));
    }
  }
  return (
    <f64>(<u32>i32x4.extract_lane(sums, 0)) +
    <f64>(<u32>i32x4.extract_lane(sums, 1)) +
    <f64>(<u32>i32x4.extract_lane(sums, 2)) +
    <f64>(<u32>i32x4.extract_lane(sums, 3))
  );
}

export function grayscale(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32): void {
  for (let row = 0; row < height; row++) {
    const start = plane + <usize>(row * stride);
    for (let x = 0; x < width; x += 16) {
      const at = start + x;
      const red = v128.load(at);
      const green = v128.load(at + planeSize);
      const blue = v128.load(at + 2 * planeSize);
      const luma = i8x16.narrow_i16x8_u(lowerLuma(red, green, blue), upperLuma(red, green, blue));
      v128.store(at, luma);
      v128.store(at + planeSize, luma);
      v128.store(at + 2 * planeSize, luma);
    }
  }
}

function saturated(values: v128, grey0: v128, grey1: v128, grey2: v128, grey3: v128, factor: v128): v128 {
  const low = i16x8.extend_low_i8x16_u(values);
  const high = i16x8.extend_high_i8x16_u(values);
  return levels(
    blended(grey0, lowerFloats(low), factor),
    blended(grey1, upperFloats(low), factor),
    blended(grey2, lowerFloats(high), factor),
    blended(grey3, upperFloats(high), factor),
  );
}

export function saturation(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let row = 0; row < height; row++) {
    const start = plane + <usize>(row * stride);
    for (let x = 0; x < width; x += 16) {
      const at = start + x;
      const red = v128.load(at);
      const green = v128.load(at + planeSize);
      const blue = v128.load(at + 2 * planeSize);
      const low = lowerLuma(red, green, blue);
      const high = upperLuma(red, green, blue);
      const grey0 = lowerFloats(low);
      const grey1 = upperFloats(low);
      const grey2 = lowerFloats(high);
      const grey3 = upperFloats(high);
      v128.store(at, saturated(red, grey0, grey1, grey2, grey3, factors));
      v128.store(at + planeSize, saturated(green, grey0, grey1, grey2, grey3, factors));
      v128.store(at + 2 * planeSize, saturated(blue, grey0, grey1, grey2, grey3, factors));
    }
  }
}

// Hue. Pillow computes in single and double precision, mixed; the single-precision forms below were compared with it over all
// their inputs. Masks are computed for 16 pixels at once, quotients for four.

/** Hue byte of four pixels: the position on the circle in sixths, as a fraction of a turn, times 255, truncated. */
function hueBytes(origin: v128, signedDistance: v128, chroma: v128): v128 {
  const sixths = f32x4.add(origin, f32x4.div(signedDistance, chroma));
  const turn = f32x4.div(sixths, f32x4.splat(6));
  const positive = f32x4.add(turn, v128.and(f32x4.lt(turn, ZERO), f32x4.splat(1)));
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(positive, f32x4.splat(255)));
}

/** Saturation of four pixels as a fraction: rounded down to a byte on the way. */
function saturationFractions(chroma: v128, largest: v128): v128 {
  const quotient = f32x4.div(chroma, f32x4.pmax(largest, f32x4.splat(1)));
  const byte = f32x4.floor(f32x4.add(f32x4.mul(quotient, f32x4.splat(255)), f32x4.splat(1e-5)));
  return f32x4.mul(byte, f32x4.splat(<f32>(1.0 / 255.0)));
}

/** `largest * (1 - weight)`, rounded: adding 2^23 leaves the integer in the low bits. */
function lessened(largest: v128, weight: v128): v128 {
  return f32x4.add(f32x4.mul(largest, f32x4.sub(f32x4.splat(1), weight)), f32x4.splat(8388608));
}

/** The lowest bytes of sixteen 32-bit lanes. */
function lowestBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  const first = i8x16.shuffle(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
  const second = i8x16.shuffle(c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 12, 16, 20, 24, 28);
  return i8x16.shuffle(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31);
}

/** `255 * sextant + fraction = 6 * hue byte`, for eight hue bytes in 16-bit lanes; gives the sextant. */
function sextants(sixfold: v128): v128 {
  return i16x8.shr_u(i16x8.add(sixfold, i16x8.add(i16x8.shr_u(sixfold, 8), i16x8.splat(1))), 8);
}

/** Weight of the saturation in the middle channel, times 255: the fraction in odd sextants, its complement in even ones. */
function middleWeights(sixfold: v128, sextant: v128): v128 {
  const fraction = i16x8.sub(sixfold, i16x8.mul(sextant, i16x8.splat(255)));
  const even = i16x8.sub(v128.and(sextant, i16x8.splat(1)), i16x8.splat(1));
  return v128.xor(fraction, v128.and(even, i16x8.splat(255)));
}

function signedFloats(values: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values));
}

function upperSignedFloats(values: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values));
}

export function hue(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32, offset: i32): void {
  const one = f32x4.splat(1);
  const by255 = f32x4.splat(<f32>(1.0 / 255.0));
  const offsets = i8x16.splat(<i8>offset);
  for (let row = 0; row < height; row++) {
    const start = plane + <usize>(row * stride);
    for (let x = 0; x < width; x += 16) {
      const at = start + x;
      const red = v128.load(at);
      const green = v128.load(at + planeSize);
      const blue = v128.load(at + 2 * planeSize);

      const larger = i8x16.max_u(red, green);
      const smaller = i8x16.min_u(red, green);
      const largest = i8x16.max_u(larger, blue);
      const smallest = i8x16.min_u(smaller, blue);
      const middle = i8x16.max_u(smaller, i8x16.min_u(larger, blue));
      const chroma = i8x16.sub(largest, smallest);
      const distance = i8x16.sub(largest, middle);

      // Ties are resolved in the order in which Pillow asks: red, then green, then blue.
      const redLargest = i8x16.eq(red, largest);
      const greenLargest = i8x16.eq(green, largest);
      const blueSmallest = i8x16.eq(blue, smallest);
      const redSmallest = i8x16.eq(red, smallest);
      const greenSmallest = i8x16.eq(green, smallest);
      const negative = v128.bitselect(
        blueSmallest,
        v128.bitselect(redSmallest, greenSmallest, greenLargest),
        redLargest,
      );
      const base = v128.bitselect(
        i8x16.splat(-1),
        v128.bitselect(i8x16.splat(1), i8x16.splat(3), greenLargest),
        redLargest,
      );
      const origin = i8x16.add(base, v128.and(negative, i8x16.splat(2)));

      const originLow = i16x8.extend_low_i8x16_s(origin);
      const originHigh = i16x8.extend_high_i8x16_s(origin);
      const negativeLow = i16x8.extend_low_i8x16_s(negative);
      const negativeHigh = i16x8.extend_high_i8x16_s(negative);
      const distanceLow = i16x8.sub(v128.xor(i16x8.extend_low_i8x16_u(distance), negativeLow), negativeLow);
      const distanceHigh = i16x8.sub(v128.xor(i16x8.extend_high_i8x16_u(distance), negativeHigh), negativeHigh);
      const chromaLow = i16x8.extend_low_i8x16_u(chroma);
      const chromaHigh = i16x8.extend_high_i8x16_u(chroma);
      const largestLow = i16x8.extend_low_i8x16_u(largest);
      const largestHigh = i16x8.extend_high_i8x16_u(largest);

      // A grey pixel's hue is arbitrary; its saturation of 0 leaves it grey.
      const chroma0 = lowerFloats(chromaLow);
      const chroma1 = upperFloats(chromaLow);
      const chroma2 = lowerFloats(chromaHigh);
      const chroma3 = upperFloats(chromaHigh);
      const hue0 = hueBytes(signedFloats(originLow), signedFloats(distanceLow), f32x4.pmax(chroma0, one));
      const hue1 = hueBytes(upperSignedFloats(originLow), upperSignedFloats(distanceLow), f32x4.pmax(chroma1, one));
      const hue2 = hueBytes(signedFloats(originHigh), signedFloats(distanceHigh), f32x4.pmax(chroma2, one));
      const hue3 = hueBytes(upperSignedFloats(originHigh), upperSignedFloats(distanceHigh), f32x4.pmax(chroma3, one));
      const turned = i8x16.add(lowestBytes(hue0, hue1, hue2, hue3), offsets);

      const sixfoldLow = i16x8.mul(i16x8.extend_low_i8x16_u(turned), i16x8.splat(6));
      const sixfoldHigh = i16x8.mul(i16x8.extend_high_i8x16_u(turned), i16x8.splat(6));
      const sextantLow = sextants(sixfoldLow);
      const sextantHigh = sextants(sixfoldHigh);
      const weightLow = middleWeights(sixfoldLow, sextantLow);
      const weightHigh = middleWeights(sixfoldHigh, sextantHigh);

      const largest0 = lowerFloats(largestLow);
      const largest1 = upperFloats(largestLow);
      const largest2 = lowerFloats(largestHigh);
      const largest3 = upperFloats(largestHigh);
      const saturation0 = saturationFractions(chroma0, largest0);
      const saturation1 = saturationFractions(chroma1, largest1);
      const saturation2 = saturationFractions(chroma2, largest2);
      const saturation3 = saturationFractions(chroma3, largest3);

      const lowestLevels = lowestBytes(
        lessened(largest0, saturation0),
        lessened(largest1, saturation1),
        lessened(largest2, saturation2),
        lessened(largest3, saturation3),
      );
      const middleLevels = lowestBytes(
        lessened(largest0, f32x4.mul(saturation0, f32x4.mul(lowerFloats(weightLow), by255))),
        lessened(largest1, f32x4.mul(saturation1, f32x4.mul(upperFloats(weightLow), by255))),
        lessened(largest2, f32x4.mul(saturation2, f32x4.mul(lowerFloats(weightHigh), by255))),
        lessened(largest3, f32x4.mul(saturation3, f32x4.mul(upperFloats(weightHigh), by255))),
      );

      // By sextant 0 to 6 (6 is 0 again), where each channel's value comes from: the largest, the middle or the lowest level.
      const sextant = i8x16.narrow_i16x8_u(sextantLow, sextantHigh);
      const redIsLargest = i8x16.swizzle(i8x16(-1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      const redIsMiddle = i8x16.swizzle(i8x16(0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      const greenIsLargest = i8x16.swizzle(i8x16(0, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      const greenIsMiddle = i8x16.swizzle(i8x16(-1, 0, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      const blueIsLargest = i8x16.swizzle(i8x16(0, 0, 0, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      const blueIsMiddle = i8x16.swizzle(i8x16(0, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sextant);
      v128.store(at, v128.bitselect(largest, v128.bitselect(middleLevels, lowestLevels, redIsMiddle), redIsLargest));
      v128.store(
        at + planeSize,
        v128.bitselect(largest, v128.bitselect(middleLevels, lowestLevels, greenIsMiddle), greenIsLargest),
      );
      v128.store(
        at + 2 * planeSize,
        v128.bitselect(largest, v128.bitselect(middleLevels, lowestLevels, blueIsMiddle), blueIsLargest),
      );
    }
  }
}

/** `threshold` from 0 to 255; a threshold of 256 changes nothing and is the caller's business. */
export function solarize(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32, threshold: i32): void {
  const thresholds = i8x16.splat(<i8>threshold);
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < height; row++) {
      const start = plane + <usize>(channel * planeSize + row * stride);
      for (let x = 0; x < width; x += 16) {
        const values = v128.load(start + x);
        v128.store(start + x, v128.xor(values, i8x16.ge_u(values, thresholds)));
      }
    }
  }
}

export function posterize(plane: usize, width: i32, height: i32, stride: i32, planeSize: i32, mask: i32): void {
  const masks = i8x16.splat(<i8>mask);
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < height; row++) {
      const start = plane + <usize>(channel * planeSize + row * stride);
      for (let x = 0; x < width; x += 16) v128.store(start + x, v128.and(v128.load(start + x), masks));
    }
  }
}

// ---- blurs ------------------------------------------------------------------------------------------------------------------

/** Repeats the first and last value of a row into the 16 spare bytes on either side. */
function repeatEdges(row: usize, width: i32): void {
  v128.store(row - 16, v128.load8_splat(row));
  v128.store(row + width, v128.load8_splat(row + width - 1));
}

/** Mirrors 16 values of a row (without the edge itself) into the spare bytes on either side; the row has at least 17. */
function mirrorEdges(row: usize, width: i32): void {
  const backwards = i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  v128.store(row - 16, i8x16.swizzle(v128.load(row, 1), backwards));
  v128.store(row + width, i8x16.swizzle(v128.load(row + width - 17), backwards));
}

/** Eight values of a box blur: `sum * inner + far * edge`, 24 fraction bits, the weights split into 12 high and 12 low bits. */
function boxLevels(sum: v128, far: v128, weightsHigh: v128, weightsLow: v128): v128 {
  const half = i32x4.splat(1 << 23);
  const first = i8x16.shuffle(sum, far, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  const second = i8x16.shuffle(sum, far, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
  const firstBulk = i32x4.add(
    i32x4.shl(i32x4.dot_i16x8_s(first, weightsHigh), 12),
    i32x4.add(i32x4.dot_i16x8_s(first, weightsLow), half),
  );
  const secondBulk = i32x4.add(
    i32x4.shl(i32x4.dot_i16x8_s(second, weightsHigh), 12),
    i32x4.add(i32x4.dot_i16x8_s(second, weightsLow), half),
  );
  return i16x8.narrow_i32x4_s(i32x4.shr_u(firstBulk, 24), i32x4.shr_u(secondBulk, 24));
}

/** One pass of a box blur along rows, from one set of planes to another; `radius` at most 14. */
export function boxBlurRows(
  source: usize,
  target: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
  radius: i32,
  inner: i32,
  edge: i32,
): void {
  const weightsHigh = i32x4.splat((inner >> 12) | ((edge >> 12) << 16));
  const weightsLow = i32x4.splat((inner & 4095) | ((edge & 4095) << 16));
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < height; row++) {
      const start = <usize>(channel * planeSize + row * stride);
      repeatEdges(source + start, width);
      for (let x = 0; x < width; x += 16) {
        const at = source + start + x;
        const values = v128.load(at);
        let low = i16x8.extend_low_i8x16_u(values);
        let high = i16x8.extend_high_i8x16_u(values);
        for (let k = 1; k <= radius; k++) {
          const left = v128.load(at - k);
          const right = v128.load(at + k);
          low = i16x8.add(low, i16x8.add(i16x8.extend_low_i8x16_u(left), i16x8.extend_low_i8x16_u(right)));
          high = i16x8.add(high, i16x8.add(i16x8.extend_high_i8x16_u(left), i16x8.extend_high_i8x16_u(right)));
        }
        const left = v128.load(at - radius - 1);
        const right = v128.load(at + radius + 1);
        const farLow = i16x8.add(i16x8.extend_low_i8x16_u(left), i16x8.extend_low_i8x16_u(right));
        const farHigh = i16x8.add(i16x8.extend_high_i8x16_u(left), i16x8.extend_high_i8x16_u(right));
        v128.store(
          target + start + x,
          i8x16.narrow_i16x8_u(
            boxLevels(low, farLow, weightsHigh, weightsLow),
            boxLevels(high, farHigh, weightsHigh, weightsLow),
          ),
        );
      }
    }
  }
}

function clampedRow(row: i32, height: i32): i32 {
  return row < 0 ? 0 : row >= height ? height - 1 : row;
}

/** One pass of a box blur along columns. */
export function boxBlurColumns(
  source: usize,
  target: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
  radius: i32,
  inner: i32,
  edge: i32,
): void {
  const weightsHigh = i32x4.splat((inner >> 12) | ((edge >> 12) << 16));
  const weightsLow = i32x4.splat((inner & 4095) | ((edge & 4095) << 16));
  for (let channel = 0; channel < 3; channel++) {
    const plane = source + <usize>(channel * planeSize);
    for (let row = 0; row < height; row++) {
      const centre = plane + <usize>(row * stride);
      const above = plane + <usize>(clampedRow(row - radius - 1, height) * stride);
      const below = plane + <usize>(clampedRow(row + radius + 1, height) * stride);
      const out = target + <usize>(channel * planeSize + row * stride);
      for (let x = 0; x < width; x += 16) {
        const values = v128.load(centre + x);
        let low = i16x8.extend_low_i8x16_u(values);
        let high = i16x8.extend_high_i8x16_u(values);
        for (let k = 1; k <= radius; k++) {
          const upper = v128.load(plane + <usize>(clampedRow(row - k, height) * stride) + x);
          const lower = v128.load(plane + <usize>(clampedRow(row + k, height) * stride) + x);
          low = i16x8.add(low, i16x8.add(i16x8.extend_low_i8x16_u(upper), i16x8.extend_low_i8x16_u(lower)));
          high = i16x8.add(high, i16x8.add(i16x8.extend_high_i8x16_u(upper), i16x8.extend_high_i8x16_u(lower)));
        }
        const upper = v128.load(above + x);
        const lower = v128.load(below + x);
        const farLow = i16x8.add(i16x8.extend_low_i8x16_u(upper), i16x8.extend_low_i8x16_u(lower));
        const farHigh = i16x8.add(i16x8.extend_high_i8x16_u(upper), i16x8.extend_high_i8x16_u(lower));
        v128.store(
          out + x,
          i8x16.narrow_i16x8_u(
            boxLevels(low, farLow, weightsHigh, weightsLow),
            boxLevels(high, farHigh, weightsHigh, weightsLow),
          ),
        );
      }
    }
  }
}

/** A rounding product of values with 6 fraction bits and weights with 15. */
function weighted(values: v128, weight: v128): v128 {
  return i16x8.q15mulr_sat_s(values, weight);
}

/**
 * Gaussian blur in place. `weights` points at `radius + 1` 16-bit weights, centre first; `between` has room for a plane of
 * 16-bit values, rows `2 * stride` bytes apart. `radius` is at most 16 and less than both sides, `width` at least 17.
 */
export function gaussianBlur(
  plane: usize,
  between: usize,
  width: i32,
  height: i32,
  stride: i32,
  planeSize: i32,
  radius: i32,
  weights: usize,
): void {
  const betweenStride: i32 = stride << 1;
  const centreWeight = v128.load16_splat(weights);
  for (let channel = 0; channel < 3; channel++) {
    const values = plane + <usize>(channel * planeSize);
    for (let row = 0; row < height; row++) {
      const start = values + <usize>(row * stride);
      const out = between + <usize>(row * betweenStride);
      mirrorEdges(start, width);
      for (let x = 0; x < width; x += 16) {
        const at = start + x;
        const centre = v128.load(at);
        let low = weighted(i16x8.shl(i16x8.extend_low_i8x16_u(centre), 6), centreWeight);
        let high = weighted(i16x8.shl(i16x8.extend_high_i8x16_u(centre), 6), centreWeight);
        for (let tap = 1; tap <= radius; tap++) {
          const weight = v128.load16_splat(weights + (tap << 1));
          const left = v128.load(at - tap);
          const right = v128.load(at + tap);
          low = i16x8.add(
            low,
            weighted(i16x8.shl(i16x8.add(i16x8.extend_low_i8x16_u(left), i16x8.extend_low_i8x16_u(right)), 6), weight),
          );
          high = i16x8.add(
            high,
            weighted(
              i16x8.shl(i16x8.add(i16x8.extend_high_i8x16_u(left), i16x8.extend_high_i8x16_u(right)), 6),
              weight,
            ),
          );
        }
        v128.store(out + (x << 1), low);
        v128.store(out + (x << 1), high, 16);
      }
    }
    const half = i16x8.splat(32);
    for (let row = 0; row < height; row++) {
      const centre = between + <usize>(row * betweenStride);
      const out = values + <usize>(row * stride);
      for (let x = 0; x < width; x += 16) {
        const at = <usize>(x << 1);
        let low = weighted(v128.load(centre + at), centreWeight);
        let high = weighted(v128.load(centre + at, 16), centreWeight);
        for (let tap = 1; tap <= radius; tap++) {
          const weight = v128.load16_splat(weights + (tap << 1));
          const above = between + <usize>(abs<i32>(row - tap) * betweenStride) + at;
          const mirrored: i32 = row + tap < height ? row + tap : 2 * height - 2 - row - tap;
          const below = between + <usize>(mirrored * betweenStride) + at;
          low = i16x8.add(low, weighted(i16x8.add(v128.load(above), v128.load(below)), weight));
          high = i16x8.add(high, weighted(i16x8.add(v128.load(above, 16), v128.load(below, 16)), weight));
        }
        v128.store(
          out + x,
          i8x16.narrow_i16x8_u(i16x8.shr_s(i16x8.add(low, half), 6), i16x8.shr_s(i16x8.add(high, half), 6)),
        );
      }
    }
  }
}
