/** Speed since the start of an epoch, without the time for anything but steps. */
export interface Speed {
  readonly imagesPerSecond: number;
  /** Share of the time that was spent waiting for data, 0 to 1. */
  readonly waitShare: number;
  readonly secondsPerStep: number;
}

/**
 * Measures a stretch of steps.
 *
 * @param waited seconds that the loader has made its user wait so far.
 */
export function startSpeedometer(waited: () => number): (steps: number, images: number) => Speed {
  const start = performance.now();
  const waitedBefore = waited();
  return (steps, images) => {
    const seconds = Math.max((performance.now() - start) / 1000, 1e-9);
    return {
      imagesPerSecond: images / seconds,
      waitShare: Math.min(1, (waited() - waitedBefore) / seconds),
      secondsPerStep: steps === 0 ? Number.NaN : seconds / steps,
    };
  };
}
