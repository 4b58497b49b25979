/** Half-open edges: the box holds x with x0 <= x < x1. In pixels or relative to the image, as the user of the type states. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}
