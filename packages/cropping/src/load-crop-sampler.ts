import { SceneError } from '@ssl-scene/errors';
import type { CropSampler } from './crop-sampler.ts';
import type { CropSpec, ModuleSpec } from './crop-spec.ts';
import { checkCropSpec } from './crop-spec-check.ts';
import { checkImageSize, createCropSampler } from './sample-crop.ts';

/** What a plug-in module exports. */
export interface CropSamplerModule {
  /** Makes a sampler from the `options` of the specification; throws where they are wrong. */
  readonly createCropSampler: (options: unknown) => CropSampler | Promise<CropSampler>;
}

/**
 * The sampler of any specification, plug-ins included. Call it once per thread and keep the sampler: nothing is remembered
 * here. Crops of a plug-in are checked: they must be whole pixels inside the image.
 *
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, BAD_VALUE, MODULE_NOT_FOUND, BAD_MODULE; the sampler itself: BAD_CROP
 */
export async function loadCropSampler(spec: CropSpec): Promise<CropSampler> {
  checkCropSpec(spec);
  if (spec.kind !== 'module') return createCropSampler(spec);
  const { createCropSampler: create } = await importModule(spec);
  return guarded(await create(spec.options), spec.module);
}

async function importModule(spec: ModuleSpec): Promise<CropSamplerModule> {
  let loaded: Partial<CropSamplerModule>;
  try {
    loaded = (await import(/* @vite-ignore */ spec.module)) as Partial<CropSamplerModule>;
  } catch (cause) {
    throw new SceneError({
      code: 'MODULE_NOT_FOUND',
      expected: 'a module that can be imported',
      found: cause instanceof Error ? cause.message : String(cause),
      where: `crop.module, ${spec.module}`,
      fix: 'Check the URL or package name and that the module loads by itself.',
      cause,
    });
  }
  if (typeof loaded.createCropSampler === 'function') return loaded as CropSamplerModule;
  throw new SceneError({
    code: 'BAD_MODULE',
    expected: 'an exported function createCropSampler(options)',
    found: `exports ${Object.keys(loaded).join(', ') || 'nothing'}`,
    where: `crop.module, ${spec.module}`,
    fix: 'Export createCropSampler, a function that returns a sampler (width, height, region, random, options) => crop.',
  });
}

function guarded(sampler: CropSampler, module: string): CropSampler {
  return (width, height, region, random, options) => {
    checkImageSize(width, height);
    const crop = sampler(width, height, region, random, options);
    const { x, y, width: cropWidth, height: cropHeight } = crop;
    const whole = [x, y, cropWidth, cropHeight].every(Number.isInteger);
    const inside =
      x >= 0 && y >= 0 && cropWidth > 0 && cropHeight > 0 && x + cropWidth <= width && y + cropHeight <= height;
    if (whole && inside) return crop;
    throw new SceneError({
      code: 'BAD_CROP',
      expected: `whole pixels inside ${width} x ${height}`,
      found: JSON.stringify(crop),
      where: `crop.module, ${module}`,
      fix: 'Round and clip the crop in the module.',
    });
  };
}
