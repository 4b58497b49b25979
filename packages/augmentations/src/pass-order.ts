/**
 * Which Pillow's results are reproduced. Resizing rounds to 8 bits between its two passes, so their order shows:
 * `pillow-13` takes the vertical pass first where the height shrinks by more than twice what the width does, `horizontal-first`
 * (Pillow before 13) never does.
 */
export type PassOrder = 'pillow-13' | 'horizontal-first';

/** Whether the vertical pass comes first; sizes are those of the whole image, also where only a window of it is resized. */
export function isVerticalFirst(
  order: PassOrder,
  inputWidth: number,
  inputHeight: number,
  outputWidth: number,
  outputHeight: number,
): boolean {
  const shrinkage = inputHeight - outputHeight;
  return order === 'pillow-13' && shrinkage > 0 && shrinkage > 2 * (inputWidth - outputWidth);
}
