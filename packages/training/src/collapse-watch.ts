import { collapseSigns } from './collapse-signs.ts';

/** What a {@link CollapseWatch} looks at after each step. */
export interface WatchedStep {
  /** Steps of the run that are done. */
  readonly step: number;
  /** The step's scalars; those that are absent are not looked at. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The step's learning rate as a share of the rate that the schedule starts from. */
  readonly rateShare: number;
  /** `rankMe` of the backbone's features, in those steps that have it. */
  readonly rank?: number;
}

/** Looks for the signs of a collapsed or diverging network. */
export interface CollapseWatch {
  /** A sentence for each sign that is seen now for the first time: what was seen, at which step, which option to turn. */
  look(step: WatchedStep): string[];
}

export interface CollapseWatchOptions {
  /** The loss where all embeddings are equal. */
  readonly collapsedLoss: number;
  /** Norm of all parameters together at the start. Default: that of the first step watched. */
  readonly parameterNorm?: number;
}

/** Steps at the start of a run in which a network may still look collapsed. */
const GRACE_STEPS = 10;
/** Below this share of the rate a network is warming up, and may still look as it began. */
const WARM = 0.1;

/** A watch that has seen nothing yet. */
export function collapseWatch(options: CollapseWatchOptions): CollapseWatch {
  const signs = collapseSigns(options).map((sign) => ({ ...sign, row: 0, said: false }));
  let watched = 0;
  return {
    look(current) {
      watched++;
      const sentences: string[] = [];
      for (const sign of signs) {
        const isSeen = sign.seen(current);
        if (sign.said || isSeen === undefined) continue;
        const counts = sign.always || (watched > GRACE_STEPS && current.rateShare >= WARM);
        sign.row = isSeen && counts ? sign.row + 1 : 0;
        if (sign.row < sign.inARow) continue;
        sign.said = true;
        sentences.push(`Step ${current.step}: ${sign.say(current)}`);
      }
      return sentences;
    },
  };
}
