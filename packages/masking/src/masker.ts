import { SceneError } from '@ssl-scene/errors';
import { type Tensor, type TensorDict, tf, untaped } from '@ssl-scene/tensors';
import { type HighPassOptions, highPass } from './high-pass.ts';
import {
  joinNoise,
  type NoiseArray,
  type NoiseBatch,
  type NoiseLookup,
  type NoiseRequest,
  noiseOf,
  type ViewNoise,
} from './mask-noise.ts';
import { type MaskKind, type MaskPlan, maskedEntries } from './mask-plan.ts';
import { replacePixels } from './replace-pixels.ts';

/** What {@link Masker.apply} gives. */
export interface MaskedViews {
  /** The views by the plan's names, and those that the plan does not name. */
  readonly views: Record<string, Tensor>;
  /** Which pixels were replaced, for the masked views: (N, H, W, 3), or (N, H, W, 1) for boxes, 1 where replaced. */
  readonly masks: Record<string, Tensor>;
  /** The salient patches of the views that saliency was asked for: (N, G, G), 1 where salient. */
  readonly salient: Record<string, Tensor>;
  /** Scalars worth logging: `masked.<view>`, the share of replaced values, and `salient.<view>`, gamma. */
  readonly metrics: Record<string, Tensor>;
}

/** Masks the views of a step. Holds no tensor and draws no numbers inside of {@link apply}, so that it can be put into `jit`. */
export interface Masker {
  /** For example `patches, high-pass`. */
  readonly name: string;
  readonly plan: MaskPlan;
  /** The views, before masking, whose saliency {@link apply} needs. */
  readonly salientViews: readonly string[];
  /** Through what filter every view passes; a network trained so must be evaluated so. Default: none. */
  readonly filter?: HighPassOptions;
  /** Draws a batch's noise; pass its arrays to {@link apply} as tensors of the same names. */
  noise(batch: NoiseBatch): Record<string, NoiseArray>;
  /**
   * Masks the views.
   *
   * @param views normalised, each (N, H, W, 3). @param saliency of {@link salientViews}; see `salientPatches` and {@link saliencyOf}.
   */
  apply(views: TensorDict, saliency: TensorDict, noise: TensorDict): MaskedViews;
}

/** What makes a masker of one kind. */
export interface MaskerParts {
  readonly name: string;
  readonly plan: MaskPlan;
  readonly filter?: HighPassOptions;
  /** Whether masks depend on saliency. */
  readonly isGuided: boolean;
  noise(request: NoiseRequest): ViewNoise;
  /** The salient patches of a view; only where masks depend on saliency. */
  salient?(saliency: Tensor): Tensor;
  /** Mask and fill of one view. */
  cover(view: Tensor, salient: Tensor | undefined, noise: NoiseLookup, kind: Exclude<MaskKind, 'none'>): Cover;
  /** A last change of a masked view. Default: none. */
  finish?(view: Tensor, kind: Exclude<MaskKind, 'none'>): Tensor;
}

/** What is put over a view. */
export interface Cover {
  /** 1 where pixels are replaced, (N, H, W, 1 or 3). */
  readonly mask: Tensor;
  /** What they are replaced by, broadcast to the view. */
  readonly fill: Tensor;
}

export function makeMasker(parts: MaskerParts): Masker {
  const { name, plan, filter, isGuided } = parts;
  const sources = maskedEntries(plan).map(([, { from }]) => from);
  return {
    name,
    plan,
    salientViews: isGuided ? [...new Set(sources)] : [],
    ...(filter && { filter }),
    noise(batch) {
      const drawn = maskedEntries(plan).map(([name, { from, mask }]) => {
        const size = lookUp(batch.sizes, from, 'sizes');
        return [name, parts.noise({ batch, name, kind: mask, size })] as const;
      });
      return joinNoise(drawn);
    },
    apply(views, saliency, noise) {
      const filtered = filter ? mapValues(views, (view) => highPass(view, filter)) : { ...views };
      const salient = Object.fromEntries(
        this.salientViews.map((view) => [view, untaped(() => parts.salient!(lookUp(saliency, view, 'saliency')))]),
      );
      const result: MaskedViews = { views: { ...filtered }, masks: {}, salient, metrics: {} };
      for (const [name, { from, mask: kind }] of Object.entries(plan)) {
        const view = lookUp(filtered, from, 'views');
        if (kind === 'none') {
          result.views[name] = view;
          continue;
        }
        const { mask, fill } = parts.cover(view, salient[from], noiseOf(noise, name), kind);
        const masked = replacePixels(view, mask, fill);
        result.views[name] = parts.finish?.(masked, kind) ?? masked;
        result.masks[name] = mask;
        result.metrics[`masked.${name}`] = tf.mean(mask);
      }
      for (const [view, patches] of Object.entries(salient)) result.metrics[`salient.${view}`] = tf.mean(patches);
      return result;
    },
  };
}

/**
 * The saliency that a masker needs of a batch, without gradient.
 *
 * @param provider of a view's saliency: maps (N, h, w), or features (N, h, w, C) such as those of a frozen network's or a moving
 *   average's last stage. Sees the views normalised, before any filter or mask.
 */
export function saliencyOf(
  masker: Masker,
  views: TensorDict,
  provider: (view: Tensor, name: string) => Tensor,
): Record<string, Tensor> {
  const entries = masker.salientViews.map((name) => {
    const view = lookUp(views, name, 'views');
    return [name, untaped(() => provider(view, name))] as const;
  });
  return Object.fromEntries(entries);
}

function lookUp<T>(record: Readonly<Record<string, T>>, name: string, what: string): T {
  const found = record[name];
  if (found !== undefined) return found;
  throw new SceneError({
    code: 'MISSING_VIEW',
    expected: `an entry ${JSON.stringify(name)} in ${what}, as the masker's plan says`,
    found: Object.keys(record).join(', ') || 'nothing',
    where: `masker, ${what}`,
    fix: 'Name views of the view plan in the masker, and pass all that it names.',
  });
}

function mapValues(views: TensorDict, change: (view: Tensor) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(views).map(([name, view]) => [name, change(view)]));
}
