/** In what the convolutions of a graph are computed. */
export type Precision = 'float32' | 'bfloat16';

let current: Precision | undefined;

/** Precision of the graph that is being recorded; `undefined` while nothing is. */
export const recordingPrecision = (): Precision | undefined => current;

/** Runs `build` as the recording of a graph. */
export function whileRecording<T>(precision: Precision, build: () => T): T {
  current = precision;
  try {
    return build();
  } finally {
    current = undefined;
  }
}
