import type { CollapseWatchOptions, WatchedStep } from './collapse-watch.ts';

/** One thing that may be wrong with a network. */
export interface CollapseSign {
  /** Steps in a row that make it a sign; steps in which it cannot be told do not count. */
  readonly inARow: number;
  /** Whether it counts from the first step on, and while the rate warms up. */
  readonly always: boolean;
  /** Whether the step shows it; `undefined` where the step cannot tell. */
  seen(step: WatchedStep): boolean | undefined;
  /** What was seen, and which option to turn. */
  say(step: WatchedStep): string;
}

/** Spread of normalised embeddings, relative to an even one, below which all of them are as good as equal. */
const EQUAL_SPREAD = 0.02;
/** Effective number of directions below which features are as good as one number. */
const ONE_DIRECTION = 1.1;
/** Relative distance of the loss from its value for equal embeddings. */
const STUCK = 1e-3;
/** Share of the gradient below which a layer stands still. */
const NO_GRADIENT = 1e-7;
/** How many times its usual length a gradient is when it explodes, and after how many steps one knows what is usual. */
const EXPLODING_GRADIENT = 100;
const USUAL_STEPS = 5;
/** How many times their first length parameters have when they explode. */
const EXPLODING_PARAMETERS = 10;

/** All signs that are looked for. */
export function collapseSigns({ collapsedLoss, parameterNorm }: CollapseWatchOptions): CollapseSign[] {
  return [
    equalEmbeddings(),
    oneDirection(),
    stuckLoss(collapsedLoss),
    deadPredictor(),
    explodingGradient(),
    explodingParameters(parameterNorm),
  ];
}

function equalEmbeddings(): CollapseSign {
  return {
    inARow: 10,
    always: false,
    seen: ({ metrics: { featureStd } }) => (featureStd === undefined ? undefined : featureStd < EQUAL_SPREAD),
    say: ({ metrics }) =>
      `the embeddings of all images are nearly equal (spread ${short(metrics.featureStd)}, an even one has 1): the network ` +
      'has collapsed. Lower `learningRate`, and check the temperature or the target network of `framework` and the ' +
      'augmentations of `plan`.',
  };
}

function oneDirection(): CollapseSign {
  return {
    inARow: 2,
    always: false,
    seen: ({ rank }) => (rank === undefined || Number.isNaN(rank) ? undefined : rank < ONE_DIRECTION),
    say: ({ rank }) =>
      `the backbone's features span ${short(rank)} directions (RankMe): they hold next to nothing of the images. Lower ` +
      '`learningRate`, and check that the images of `source` differ.',
  };
}

function stuckLoss(collapsedLoss: number): CollapseSign {
  const width = STUCK * Math.max(1, Math.abs(collapsedLoss));
  return {
    inARow: 20,
    always: false,
    seen: ({ metrics: { loss } }) => (loss === undefined ? undefined : Math.abs(loss - collapsedLoss) <= width),
    say: ({ metrics }) =>
      `the loss stays at ${short(metrics.loss)}, its value for equal embeddings. Change \`learningRate\` (too high a rate ` +
      'kills a network, too low a one leaves it as it began), and check that the views of `plan` are not constant.',
  };
}

function deadPredictor(): CollapseSign {
  return {
    inARow: 10,
    always: false,
    seen: ({ metrics: { predictorGradient } }) =>
      predictorGradient === undefined ? undefined : predictorGradient <= NO_GRADIENT,
    say: () =>
      'a layer of the predictor gets no gradient: its units are dead. Lower `learningRate`, or give the predictor of ' +
      '`framework` a wider hidden layer.',
  };
}

function explodingGradient(): CollapseSign {
  let logarithms = 0;
  let steps = 0;
  return {
    inARow: 3,
    always: true,
    seen({ metrics: { gradientNorm } }) {
      if (gradientNorm === undefined || !Number.isFinite(gradientNorm) || gradientNorm <= 0) return undefined;
      const usual = Math.exp(logarithms / Math.max(steps, 1));
      if (steps >= USUAL_STEPS && gradientNorm > EXPLODING_GRADIENT * usual) return true;
      logarithms += Math.log(gradientNorm);
      steps++;
      return false;
    },
    say: ({ metrics }) =>
      `the gradient's norm has grown to ${short(metrics.gradientNorm)}, more than ${EXPLODING_GRADIENT} times its usual ` +
      'length. Lower `learningRate`, warm it up longer (`schedule`), or set `clipGradients`.',
  };
}

function explodingParameters(start: number | undefined): CollapseSign {
  let first = start;
  return {
    inARow: 1,
    always: true,
    seen({ metrics: { parameterNorm } }) {
      if (parameterNorm === undefined || !Number.isFinite(parameterNorm)) return undefined;
      first ??= parameterNorm;
      return parameterNorm > EXPLODING_PARAMETERS * first;
    },
    say: ({ metrics }) =>
      `the parameters' norm has grown from ${short(first)} to ${short(metrics.parameterNorm)}: the run diverges. Lower ` +
      '`learningRate`, or warm it up longer (`schedule`).',
  };
}

function short(value: number | undefined): string {
  return (value ?? Number.NaN).toPrecision(3);
}
