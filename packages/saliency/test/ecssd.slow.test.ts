import { readFileSync } from 'node:fs';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { measure, NETWORK_FREE, type QualityRow } from '../bench/ecssd.ts';

const folder = sharedData('ecssd-300');

/** OpenCV's results on the same images, with its own maps. */
interface OpenCvTotals {
  readonly mae: number;
  readonly 'max_f_beta2_0.3': number;
  readonly mean_auc: number;
  readonly pointing_game_first_argmax: number;
}

describe.skipIf(folder === undefined)('saliency without a network on 300 images of ECSSD (needs shared/data)', () => {
  const rows: Record<string, QualityRow> = {};
  let openCv: Record<string, OpenCvTotals>;

  beforeAll(async () => {
    openCv = JSON.parse(readFileSync(`${folder}/reference/totals.json`, 'utf8'));
    for (const name of ['spectral residual', 'minimum barrier distance', 'colour distribution']) {
      rows[name] = await measure(name, NETWORK_FREE[name]!, folder!, 300);
    }
  }, 600_000);

  it("the spectral residual is as good as OpenCV's", () => {
    const [ours, theirs] = [rows['spectral residual']!, openCv.spectral_residual!];
    expect(Math.abs(ours.maxFOfMeanPrecisionRecall - theirs['max_f_beta2_0.3'])).toBeLessThan(0.005);
    // Ours is stretched to the whole range, theirs only to the largest value.
    expect(Math.abs(ours.mae - theirs.mae)).toBeLessThan(0.01);
    expect(Math.abs(ours.auc - theirs.mean_auc)).toBeLessThan(0.005);
    expect(Math.abs(ours.pointing - theirs.pointing_game_first_argmax)).toBeLessThan(0.03);
  });

  it('colour distribution lies between the spectral residual and minimum barrier distance', () => {
    const ours = rows['colour distribution']!;
    expect(ours.maxFOfMeanPrecisionRecall).toBeGreaterThan(rows['spectral residual']!.maxFOfMeanPrecisionRecall + 0.2);
    expect(ours.maxFOfMeanPrecisionRecall).toBeLessThan(rows['minimum barrier distance']!.maxFOfMeanPrecisionRecall);
    expect(ours.auc).toBeGreaterThan(0.88);
  });

  it("minimum barrier distance is far better than both of OpenCV's static methods", () => {
    const ours = rows['minimum barrier distance']!;
    for (const theirs of [openCv.spectral_residual!, openCv.fine_grained!]) {
      expect(ours.maxFOfMeanPrecisionRecall).toBeGreaterThan(theirs['max_f_beta2_0.3'] + 0.2);
      expect(ours.mae).toBeLessThan(theirs.mae - 0.05);
      expect(ours.auc).toBeGreaterThan(theirs.mean_auc + 0.1);
    }
  });
});
