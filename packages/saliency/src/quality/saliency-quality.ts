import { adaptiveE, eCurve } from './e-measure.ts';
import { adaptiveF, curvesOf, fCurve, SALIENCY_BETA2 } from './f-measure.ts';
import { type JudgedMap, LEVELS } from './judged-map.ts';
import { levelCounts } from './level-counts.ts';
import { meanAbsoluteError } from './mean-absolute-error.ts';
import { pointingGame } from './pointing-game.ts';
import { sMeasure } from './s-measure.ts';

/** Measures of a set of maps; F with beta² = 0.3. */
export interface SaliencyReport {
  readonly images: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Largest value of the mean F curve. */
  readonly maxOfMeanF: number;
  /** Largest F of the mean precision and mean recall at a threshold: "max F" of most papers. */
  readonly maxFOfMeanPrecisionRecall: number;
  /** Mean over images and thresholds. */
  readonly meanF: number;
  readonly adaptiveF: number;
  readonly sMeasure: number;
  /** Largest value of the mean E curve. */
  readonly maxOfMeanE: number;
  readonly adaptiveE: number;
  /** Share of the images whose first largest value lies on the object. */
  readonly pointing: number;
}

/** Gathers the measures of a set of maps, one after the other, in constant memory. */
export class SaliencyQuality {
  readonly #curves = {
    precision: new Float64Array(LEVELS),
    recall: new Float64Array(LEVELS),
    f: new Float64Array(LEVELS),
    e: new Float64Array(LEVELS),
  };
  readonly #sums = { mae: 0, adaptiveF: 0, sMeasure: 0, adaptiveE: 0, pointing: 0 };
  #images = 0;

  add(judged: JudgedMap): void {
    const counts = levelCounts(judged);
    const curves = curvesOf(counts);
    addTo(this.#curves.precision, curves.precision);
    addTo(this.#curves.recall, curves.recall);
    addTo(this.#curves.f, fCurve(curves, SALIENCY_BETA2));
    addTo(this.#curves.e, eCurve(counts));
    this.#sums.mae += meanAbsoluteError(judged);
    this.#sums.adaptiveF += adaptiveF(counts, SALIENCY_BETA2);
    this.#sums.sMeasure += sMeasure(judged).s;
    this.#sums.adaptiveE += adaptiveE(counts);
    this.#sums.pointing += pointingGame(judged.saliency, judged.truth).distance === 0 ? 1 : 0;
    this.#images++;
  }

  /** The report on the maps so far; `NaN` where there are none. */
  report(): SaliencyReport {
    const images = this.#images;
    const mean = (values: Float64Array): Float64Array => values.map((value) => value / images);
    const largest = (values: Float64Array): number => values.reduce((best, value) => Math.max(best, value));
    const meanCurves = { precision: mean(this.#curves.precision), recall: mean(this.#curves.recall) };
    const f = mean(this.#curves.f);
    return {
      images,
      mae: this.#sums.mae / images,
      maxOfMeanF: largest(f),
      maxFOfMeanPrecisionRecall: largest(fCurve(meanCurves, SALIENCY_BETA2)),
      meanF: f.reduce((sum, value) => sum + value, 0) / LEVELS,
      adaptiveF: this.#sums.adaptiveF / images,
      sMeasure: this.#sums.sMeasure / images,
      maxOfMeanE: largest(mean(this.#curves.e)),
      adaptiveE: this.#sums.adaptiveE / images,
      pointing: this.#sums.pointing / images,
    };
  }
}

function addTo(sums: Float64Array, values: Float64Array): void {
  for (let place = 0; place < sums.length; place++) sums[place]! += values[place]!;
}
