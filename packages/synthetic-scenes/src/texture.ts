import type { RandomStream } from '@ssl-scene/random';

/** Fills `field` (width × height, row-major) with a pattern between 0 and 1. */
type Pattern = (field: Float32Array, width: number, height: number, random: RandomStream) => void;

/** The patterns of a background without and with edges. */
export const PATTERNS = {
  gradient,
  stripes,
  checks,
  clouds,
  dots,
  rings,
} as const satisfies Record<string, Pattern>;

export type PatternName = keyof typeof PATTERNS;

/** A straight passage from 0 to 1 in a random direction, from edge to edge. */
function gradient(field: Float32Array, width: number, height: number, random: RandomStream): void {
  const angle = random.uniform(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.abs(cos) * width + Math.abs(sin) * height;
  fill(field, width, height, (x, y) => 0.5 + (cos * (x - width / 2) + sin * (y - height / 2)) / reach);
}

/** Parallel bands of random width and direction. */
function stripes(field: Float32Array, width: number, height: number, random: RandomStream): void {
  const wave = randomWave(width, height, random);
  fill(field, width, height, (x, y) => band(wave(x, y), wave.pixelsPerPeriod));
}

/** A chessboard, turned. */
function checks(field: Float32Array, width: number, height: number, random: RandomStream): void {
  const across = randomWave(width, height, random);
  const along = turned(across);
  fill(field, width, height, (x, y) => {
    const a = band(across(x, y), across.pixelsPerPeriod);
    const b = band(along(x, y), across.pixelsPerPeriod);
    return a + b - 2 * a * b;
  });
}

/** Three octaves of smoothed random values. */
function clouds(field: Float32Array, width: number, height: number, random: RandomStream): void {
  field.fill(0);
  let cell = Math.min(width, height) / random.uniform(3, 6);
  for (const weight of [0.5, 0.3, 0.2]) {
    addNoise(field, width, height, cell, weight, random);
    cell = Math.max(1, cell / 2);
  }
  // Means of random values gather around the middle; this spreads them over the whole range.
  for (let i = 0; i < field.length; i++) field[i] = Math.min(1, Math.max(0, 0.5 + 2.2 * (field[i]! - 0.5)));
}

/** Discs on a turned square grid. */
function dots(field: Float32Array, width: number, height: number, random: RandomStream): void {
  const across = randomWave(width, height, random);
  const along = turned(across);
  const radius = random.uniform(0.22, 0.4);
  fill(field, width, height, (x, y) => {
    const u = across(x, y);
    const v = along(x, y);
    const distance = length(u - Math.round(u), v - Math.round(v)) - radius;
    return clamp01(0.5 - distance * across.pixelsPerPeriod);
  });
}

/** Bands around a random point. */
function rings(field: Float32Array, width: number, height: number, random: RandomStream): void {
  const [centreX, centreY] = [random.uniform(0, width), random.uniform(0, height)];
  const period = randomPeriod(width, height, random);
  fill(field, width, height, (x, y) => band(length(x - centreX, y - centreY) / period, period));
}

interface Wave {
  /** Number of periods at a place. */
  (x: number, y: number): number;
  readonly pixelsPerPeriod: number;
  readonly angle: number;
}

function randomWave(width: number, height: number, random: RandomStream): Wave {
  return makeWave(random.uniform(0, Math.PI), randomPeriod(width, height, random), random.uniform());
}

function turned(wave: Wave): Wave {
  return makeWave(wave.angle + Math.PI / 2, wave.pixelsPerPeriod, wave(0, 0));
}

function makeWave(angle: number, period: number, phase: number): Wave {
  const [stepX, stepY] = [Math.cos(angle) / period, Math.sin(angle) / period];
  return Object.assign((x: number, y: number) => stepX * x + stepY * y + phase, { pixelsPerPeriod: period, angle });
}

/** From a tenth to a third of the shorter side, but wide enough to be seen. */
function randomPeriod(width: number, height: number, random: RandomStream): number {
  return Math.max(4, Math.min(width, height) * random.uniform(0.1, 0.33));
}

/** 1 in the first half of each period, 0 in the second, with edges one pixel wide. */
function band(periods: number, pixelsPerPeriod: number): number {
  const phase = periods - Math.floor(periods);
  const isInside = phase < 0.5;
  const toEdge = (isInside ? Math.min(phase, 0.5 - phase) : Math.min(phase - 0.5, 1 - phase)) * pixelsPerPeriod;
  return clamp01(isInside ? 0.5 + toEdge : 0.5 - toEdge);
}

/** Adds `weight` times noise: random values at the corners of cells, smooth between them. */
function addNoise(
  field: Float32Array,
  width: number,
  height: number,
  cell: number,
  weight: number,
  random: RandomStream,
): void {
  const columns = Math.ceil(width / cell) + 2;
  const corners = new Float32Array(columns * (Math.ceil(height / cell) + 2));
  random.fillUniform(corners);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell);
    const below = smooth(y / cell - row);
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell);
      const right = smooth(x / cell - column);
      const at = row * columns + column;
      const upper = corners[at]! + right * (corners[at + 1]! - corners[at]!);
      const lower = corners[at + columns]! + right * (corners[at + columns + 1]! - corners[at + columns]!);
      field[y * width + x]! += weight * (upper + below * (lower - upper));
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

// Math.hypot guards against overflow, at ten times the price of this.
function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function fill(field: Float32Array, width: number, height: number, value: (x: number, y: number) => number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) field[y * width + x] = clamp01(value(x + 0.5, y + 0.5));
  }
}
