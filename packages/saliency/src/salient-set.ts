import { connectedComponents } from '@ssl-scene/geometry';

/** The level from which on a place of an 8-bit map is salient: half of the range. */
const SALIENT = 128;

/** A stored heat map and the one before it. */
export interface MapChange {
  readonly width: number;
  readonly height: number;
  /** Levels from 0 to 255, row by row. */
  readonly map: Uint8Array;
  /** The map before, of the same size; undefined where the store cannot tell. */
  readonly last: Uint8Array | undefined;
}

/** Number of connected parts (by edges) that are salient; 0 for a map without shape. */
export function salientParts({ width, height, map }: MapChange): number {
  return connectedComponents({ width, height, data: map.map(salient) }, 4).count;
}

/** Share of the places that are salient. */
export function salientArea({ map }: MapChange): number {
  return map.reduce((count, level) => count + salient(level), 0) / map.length;
}

/** IoU of the salient places of two maps; undefined where one of them has none. */
export function salientIou({ map, last }: MapChange): number | undefined {
  if (last === undefined) return undefined;
  let [both, either, before, now] = [0, 0, 0, 0];
  for (let place = 0; place < map.length; place++) {
    const isNow = salient(map[place]!);
    const wasBefore = salient(last[place]!);
    both += isNow & wasBefore;
    either += isNow | wasBefore;
    now += isNow;
    before += wasBefore;
  }
  return now > 0 && before > 0 ? both / either : undefined;
}

function salient(level: number): 0 | 1 {
  return level >= SALIENT ? 1 : 0;
}
