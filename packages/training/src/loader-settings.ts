import type { ViewLoaderOptions } from '@ssl-scene/views';
import { loaderOptions } from './loading-options.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** What a trainer's options mean for its loader. */
export function loaderSettings(
  options: ResolvedTrainerOptions,
  regions: SharedArrayBuffer | undefined,
): ViewLoaderOptions & { readonly output: 'float32' } {
  const { source, plan, batchSize, seed, workers, normalise, onBadImage, cacheMegabytes, loading } = options;
  return {
    source,
    plan,
    batchSize,
    seed,
    output: 'float32',
    onBadImage,
    cacheMegabytes,
    ...loaderOptions(loading),
    ...(workers !== undefined && { workers }),
    ...(normalise && { normalise }),
    ...(regions && { regions }),
  };
}
