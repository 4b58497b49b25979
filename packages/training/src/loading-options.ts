import type { ViewLoaderOptions } from '@ssl-scene/views';

/** How images come from the disk to the views; nothing of it changes a view. */
export interface LoadingOptions {
  /** Folder of tfjs-node with its native library, which then decodes JPEG files; see `createViewLoader`. Default: none. */
  readonly nativeLibrary?: string;
  /** Milliseconds that a thread may take for the views of one image. Default: that of `createViewLoader`. */
  readonly imageTimeLimit?: number;
}

/** These options for a loader. */
export function loaderOptions(
  loading: LoadingOptions | undefined,
): Pick<ViewLoaderOptions, 'nativeLibrary' | 'imageTimeLimit'> {
  const { nativeLibrary, imageTimeLimit } = loading ?? {};
  return {
    ...(nativeLibrary !== undefined && { nativeLibrary }),
    ...(imageTimeLimit !== undefined && { imageTimeLimit }),
  };
}
