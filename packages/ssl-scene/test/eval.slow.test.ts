import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { sslScene } from './command-line.ts';

const weights = sharedData('models/cifar10_resnet20.safetensors');
const data = sharedData('cifar10');

describe.skipIf(!weights || !data)('a published network (needs shared/data)', () => {
  it('V18: from a file of weights to the accuracies that NumPy and scikit-learn find', { timeout: 1_200_000 }, () => {
    const settings = ['size=32', 'evaluation.neighbours=[20, 1, 5, 200]', 'evaluation.temperature=0.07'];
    const { output } = sslScene(
      '.',
      ...['eval', '--weights', weights!, '--backbone', 'cifar-resnet20', '--data', data!, '--json'],
      ...settings.flatMap((setting) => ['--set', setting]),
    );
    const { results } = JSON.parse(output) as { results: { knnByK: { knn: number }[]; linear: number }[] };
    const [untrained, trained] = results;
    // The reference is of the same features in half precision: a picture in ten thousand may fall the other way.
    const want = [91.76, 91.15, 91.68, 91.77];
    trained!.knnByK.forEach(({ knn }, place) => {
      expect(Math.abs(knn - want[place]!)).toBeLessThanOrEqual(0.025);
    });
    expect(Math.abs(trained!.linear - 91.55)).toBeLessThanOrEqual(0.1);
    expect(untrained!.linear).toBeLessThan(50);
  });
});
