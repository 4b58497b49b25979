import { weightedKnn } from '@ssl-scene/evaluators';
import { useBackend } from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { storedFeatures } from './stored-features.ts';

const stored = storedFeatures();

describe.skipIf(!stored)('weightedKnn on real features (needs shared/data)', () => {
  beforeAll(async () => {
    await useBackend();
  });

  it.each([1, 5, 20, 200])('k = %i: exactly the accuracy that Python gets', (k) => {
    const { train, trainLabels, test, testLabels, reference } = stored!;
    const options = { bank: train, bankLabels: trainLabels, queries: test, queryLabels: testLabels };
    const { accuracy } = weightedKnn({ ...options, dimension: 64, classes: 10, k, temperature: 0.07 });
    expect(accuracy).toBe(reference.knn_cosine[k]['weighted_exp_sim_over_0.07']);
  });
});
