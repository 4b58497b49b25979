import type { DatasetSource, DecodeDecision, PackedFault, PackedRule } from '@ssl-scene/datasets';
import type { PlainError } from './worker-message.ts';

/** What every packing thread is started with. */
export interface PackSettings {
  readonly source: DatasetSource;
  readonly rule: PackedRule;
  readonly withMasks: boolean;
  readonly nativeLibrary: string | undefined;
}

/** An image as it is stored. */
export interface PackedImage {
  readonly width: number;
  readonly height: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly data: Uint8Array;
  readonly checksum: number;
  /** Compressed; empty where the image has none. */
  readonly mask: Uint8Array;
  /** What decoding did to it. */
  readonly decisions: readonly DecodeDecision[];
}

/** What a thread answers to an index; `ready` comes once, before all else. */
export type PackMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'packed'; readonly image: PackedImage }
  | { readonly kind: 'bad'; readonly fault: Omit<PackedFault, 'index'> }
  | { readonly kind: 'failed'; readonly error: PlainError };
