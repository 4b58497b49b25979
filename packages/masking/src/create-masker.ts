import { type BlockMaskingOptions, blockMasking, type CutOutOptions, cutOutMasking } from './box-masking.ts';
import { badOption } from './check-option.ts';
import type { Masker } from './masker.ts';
import { type MscnBaselineOptions, mscnBaseline } from './mscn-baseline.ts';
import { type PatchMaskingOptions, patchMasking } from './patch-masking.ts';

/** A masker as plain data, as it stands in configurations. */
export type MaskerSpec =
  | ({ readonly kind: 'patches' } & PatchMaskingOptions)
  | ({ readonly kind: 'mscn' } & MscnBaselineOptions)
  | ({ readonly kind: 'block' } & BlockMaskingOptions)
  | ({ readonly kind: 'cut-out' } & CutOutOptions);

/** The masker of a specification. */
export function createMasker(spec: MaskerSpec): Masker {
  switch (spec.kind) {
    case 'patches':
      return patchMasking(spec);
    case 'mscn':
      return mscnBaseline(spec);
    case 'block':
      return blockMasking(spec);
    case 'cut-out':
      return cutOutMasking(spec);
    default:
      throw badOption('createMasker', 'kind', 'one of patches, mscn, block, cut-out', (spec as MaskerSpec).kind);
  }
}
