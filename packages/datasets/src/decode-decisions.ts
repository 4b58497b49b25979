import type { ResolvedDecodeOptions } from './decode-options.ts';
import type { PictureFacts } from './picture-facts.ts';

/** What decoding can do to a picture beyond reading it. */
export const DECODE_DECISIONS = [
  'turned-upright',
  'grey-to-rgb',
  'palette-to-rgb',
  'cmyk-to-rgb',
  'reduced-to-8-bits',
  'transparency-filled',
  'first-frame-taken',
  'profile-ignored',
  'profile-converted',
] as const;

export type DecodeDecision = (typeof DECODE_DECISIONS)[number];

/** Number of pictures in which each decision was taken. */
export type DecisionCounts = Readonly<Record<DecodeDecision, number>>;

/** The decisions that decoding a picture takes, by what its header says. */
export function decisionsFor(
  facts: PictureFacts,
  options: Pick<ResolvedDecodeOptions, 'colourProfile'>,
): DecodeDecision[] {
  const taken: Readonly<Record<DecodeDecision, boolean>> = {
    'turned-upright': facts.orientation !== 1,
    'grey-to-rgb': facts.mode === 'grey',
    'palette-to-rgb': facts.mode === 'palette',
    'cmyk-to-rgb': facts.mode === 'cmyk',
    'reduced-to-8-bits': facts.bits > 8,
    'transparency-filled': facts.hasAlpha,
    'first-frame-taken': facts.frames > 1,
    'profile-ignored': facts.hasProfile && options.colourProfile === 'ignore',
    'profile-converted': facts.hasProfile && options.colourProfile === 'convert',
  };
  return DECODE_DECISIONS.filter((decision) => taken[decision]);
}

export function noDecisions(): Record<DecodeDecision, number> {
  return Object.fromEntries(DECODE_DECISIONS.map((decision) => [decision, 0])) as Record<DecodeDecision, number>;
}
