import { byolLoss, infoNCE, infoNCEHard, ntXent, type PairLoss, simSiamLoss } from '@ssl-scene/losses';
import { tf, useBackend } from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { matrix } from './matrices.ts';

/** Worked examples of the specifications, computed by hand. */
describe('vectors of the specifications', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'cpu' });
  });

  const near = (compute: () => PairLoss, loss: number, perSample?: number[]): void => {
    tf.tidy(() => {
      const result = compute();
      expect(result.loss.dataSync()[0]!).toBeCloseTo(loss, 6);
      perSample?.forEach((value, i) => {
        expect(result.perSample.dataSync()[i]!).toBeCloseTo(value, 6);
      });
    });
  };

  it('NT-Xent, and with the factor of ContrastiveCrop', () => {
    const views = [
      matrix([
        [1, 0],
        [0, 1],
      ]),
      matrix([
        [1, 1],
        [-1, 1],
      ]),
    ] as const;
    near(() => ntXent(...views, { temperature: 0.5 }), 0.53596935);
    near(() => ntXent(...views, { temperature: 0.5, baseTemperature: 0.07 }), 3.82835251);
    near(() => ntXent(...views, { temperature: 0.1 }), 0.34721072);
  });

  it('MoCo, without and with a hard negative', () => {
    const query = matrix([
      [1, 0],
      [0.6, 0.8],
    ]);
    const key = matrix([
      [1, 1],
      [0, 1],
    ]);
    const queue = matrix([
      [-1, 0],
      [0, -1],
      [1, -1],
    ]);
    const hard = matrix([
      [1, 2],
      [-1, 1],
    ]);
    near(() => infoNCE(query, key, queue, { temperature: 0.2 }), 0.35896808, [0.7077104, 0.01022575]);
    near(() => infoNCEHard(query, key, queue, hard, { temperature: 0.2, rho: 2 }), 0.80199237);
  });

  it('BYOL in its two forms, and SimSiam', () => {
    const views = {
      p1: matrix([
        [1, 2],
        [0, 1],
      ]),
      z2: matrix([
        [2, 1],
        [1, 1],
      ]),
      p2: matrix([
        [1, -1],
        [3, 4],
      ]),
      z1: matrix([
        [1, 0],
        [4, 3],
      ]),
    };
    near(() => byolLoss(views), 0.82578644, [0.98578644, 0.66578644]);
    near(() => byolLoss(views, { constant: 0 }), -3.17421356);
    near(() => simSiamLoss(views), -0.79355339);
  });
});
