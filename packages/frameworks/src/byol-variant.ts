import { SceneError } from '@ssl-scene/errors';
import type { ByolOptions } from './byol.ts';

/** Published codes of BYOL that differ in more than numbers. */
export type ByolVariant = 'official' | 'openselfsup' | 'contrastive-crop';

type VariantOptions = Required<
  Pick<
    ByolOptions,
    | 'hidden'
    | 'dimension'
    | 'lastBias'
    | 'initialisation'
    | 'momentum'
    | 'momentumSchedule'
    | 'targetUpdate'
    | 'targetStart'
    | 'loss'
  >
>;

/** The paper's code; its momentum is that of 300 epochs (0.97 for 40, 0.99 for 100 and 300, 0.996 for 1000). */
const OFFICIAL: VariantOptions = {
  hidden: 4096,
  dimension: 256,
  lastBias: false,
  initialisation: 'pytorch',
  momentum: 0.99,
  momentumSchedule: 'cosine',
  targetUpdate: 'after-step',
  targetStart: 'random',
  loss: 'squared',
};

const VARIANTS: Readonly<Record<ByolVariant, VariantOptions>> = {
  official: OFFICIAL,
  openselfsup: { ...OFFICIAL, initialisation: 'openselfsup', targetStart: 'copy' },
  'contrastive-crop': {
    hidden: 512,
    dimension: 128,
    lastBias: true,
    initialisation: 'pytorch',
    momentum: 0.996,
    momentumSchedule: 'constant',
    targetUpdate: 'before-forward',
    targetStart: 'random',
    loss: 'cosine',
  },
};

/** The options of a published code of BYOL. */
export function byolVariant(variant: ByolVariant): VariantOptions {
  if (Object.hasOwn(VARIANTS, variant)) return VARIANTS[variant];
  throw new SceneError({
    code: 'UNKNOWN_VARIANT',
    expected: `one of ${Object.keys(VARIANTS).join(', ')}`,
    found: JSON.stringify(variant),
    where: 'option variant',
    fix: 'Choose one of them.',
  });
}
