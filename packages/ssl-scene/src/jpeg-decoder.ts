import { findNative } from '@ssl-scene/native';
import { currentBackend } from '@ssl-scene/tensors';
import type { LoadingConfig } from './config/loading-schema.ts';

/** What there is to choose from. */
export interface JpegHost {
  /** Default: the backend that the process computes with. */
  readonly backend?: string;
  /** Default: that of `@ssl-scene/native`. */
  readonly findNative?: () => { readonly packageDirectory: string } | { readonly reason: string; readonly fix: string };
}

/**
 * The folder of the native library if it is to decode JPEG files; undefined where sharp is. Where it is asked for and not
 * there, that is said.
 */
export function nativeJpegLibrary(
  jpeg: LoadingConfig['jpeg'],
  warn: (text: string) => void,
  host: JpegHost = {},
): string | undefined {
  if (jpeg === 'sharp' || (jpeg === 'auto' && (host.backend ?? currentBackend()) !== 'native')) return undefined;
  const found = (host.findNative ?? findNative)();
  if (!('reason' in found)) return found.packageDirectory;
  warn(`loading.jpeg ${jpeg}: ${found.reason}; sharp decodes instead. ${found.fix}`);
  return undefined;
}
