import type { Batch, Pixels } from './batch.ts';
import { ROW_BAD } from './ring-layout.ts';
import type { Slot } from './ring-memory.ts';

/**
 * The content of a slot as a batch, without copying. With `leaveOutBad` the rows of bad images are closed up; otherwise they are
 * listed.
 */
export function takeBatch(
  slot: Slot,
  indices: Uint32Array,
  leaveOutBad: boolean,
): Omit<Batch, 'epoch' | 'step' | 'release'> {
  const rows = Array.from(indices.keys());
  const bad = rows.filter((row) => slot.status[row] === ROW_BAD);
  const good = bad.length === 0 ? rows : rows.filter((row) => slot.status[row] !== ROW_BAD);
  if (leaveOutBad && bad.length > 0) closeUp(slot, good);
  const size = leaveOutBad ? good.length : indices.length;
  const views: Record<string, Pixels> = {};
  const crops: Record<string, Int32Array> = {};
  const imageSizes: Record<string, Int32Array> = {};
  const flips: Record<string, Uint8Array> = {};
  const scores: Record<string, Float32Array> = {};
  for (const view of slot.views) {
    const { name, rowLength } = view.layout;
    views[name] = view.pixels.subarray(0, size * rowLength);
    crops[name] = view.crops.subarray(0, size * 4);
    imageSizes[name] = view.imageSizes.subarray(0, size * 2);
    flips[name] = view.flips.subarray(0, size);
    if (view.scores) scores[name] = view.scores.subarray(0, size);
  }
  const keptIndices = leaveOutBad ? Uint32Array.from(good, (row) => indices[row]!) : indices;
  const partners = slot.partners?.subarray(0, size);
  return {
    size,
    indices: keptIndices,
    partners,
    views,
    crops,
    imageSizes,
    flips,
    scores: Object.keys(scores).length > 0 ? scores : undefined,
    blankRows: leaveOutBad ? [] : bad,
  };
}

function closeUp({ views, partners }: Slot, rows: readonly number[]): void {
  for (const [target, row] of rows.entries()) {
    if (partners !== undefined) partners[target] = partners[row]!;
    for (const { layout, pixels, crops, imageSizes, flips, scores } of views) {
      pixels.copyWithin(target * layout.rowLength, row * layout.rowLength, (row + 1) * layout.rowLength);
      crops.copyWithin(target * 4, row * 4, row * 4 + 4);
      imageSizes.copyWithin(target * 2, row * 2, row * 2 + 2);
      flips[target] = flips[row]!;
      if (scores) scores[target] = scores[row]!;
    }
  }
}
