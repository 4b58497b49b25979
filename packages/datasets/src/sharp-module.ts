import { SceneError } from '@ssl-scene/errors';
import type sharp from 'sharp';

export type SharpModule = typeof sharp;

let loading: Promise<SharpModule> | undefined;

/**
 * sharp, an optional peer: loaded at the first picture that needs it. Its operation cache is switched off for the process: a
 * training run reads each file once an epoch, so that cached results only hold memory.
 */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(
    (module) => {
      module.default.cache(false);
      return module.default;
    },
    (cause: unknown) => {
      loading = undefined;
      throw new SceneError({
        code: 'SHARP_MISSING',
        expected: 'the package sharp, which decodes pictures',
        found: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
        where: '@ssl-scene/datasets',
        fix: 'Run `npm install sharp` beside it.',
        cause,
      });
    },
  );
  return loading;
}
