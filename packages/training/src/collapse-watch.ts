/** What a {@link CollapseWatch} looks at after each step. */
export interface WatchedStep {
  readonly step: number;
  readonly loss: number;
  /** See `Objective.metrics.featureStd`. */
  readonly featureStd: number;
}

/** Looks for the signs of a collapsed network. */
export interface CollapseWatch {
  /** A sentence that names what was seen, once per sign. */
  look(step: WatchedStep): string | undefined;
}

/** Steps at the start of a run in which a network may still look collapsed, and steps in a row that make a sign. */
const GRACE_STEPS = 50;
const ROW_STEPS = 20;
/** Spread of normalised embeddings, relative to an even one, below which all of them are as good as equal. */
const EQUAL_SPREAD = 0.02;
/** Relative distance of the loss from its value for equal embeddings. */
const STUCK = 1e-3;

/**
 * @param collapsedLoss the loss where all embeddings are equal.
 */
export function collapseWatch(collapsedLoss: number): CollapseWatch {
  const signs = [
    {
      seen: ({ featureStd }: WatchedStep) => featureStd < EQUAL_SPREAD,
      say: ({ featureStd }: WatchedStep) =>
        `embeddings are nearly equal: spread ${featureStd.toPrecision(3)} of an even one's 1. Lower the learning rate, or check the augmentations and the temperature`,
    },
    {
      seen: ({ loss }: WatchedStep) => Math.abs(loss - collapsedLoss) <= STUCK * Math.max(1, Math.abs(collapsedLoss)),
      say: ({ loss }: WatchedStep) =>
        `the loss stays at ${loss.toPrecision(6)}, its value for equal embeddings. Raise or warm up the learning rate, and check that the views are not constant`,
    },
  ].map((sign) => ({ ...sign, row: 0, said: false }));
  return {
    look(current) {
      if (current.step < GRACE_STEPS) return undefined;
      for (const sign of signs) {
        sign.row = sign.seen(current) ? sign.row + 1 : 0;
        if (sign.said || sign.row < ROW_STEPS) continue;
        sign.said = true;
        return `Step ${current.step}: ${sign.say(current)}.`;
      }
      return undefined;
    },
  };
}
