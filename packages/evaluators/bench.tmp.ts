import { writeFileSync } from 'node:fs';
import { linearProbe, weightedKnn } from '@ssl-scene/evaluators';
import { randomStream } from '@ssl-scene/random';
import { useBackend } from '@ssl-scene/tensors';

await useBackend({ backend: (process.argv[2] ?? 'native') as never });
const make = (n: number, d: number, c: number, seed: number, signal = 0.12) => {
  const x = new Float32Array(n * d);
  const r = randomStream(seed, 'x');
  r.fillNormal(x);
  const mix = new Float32Array(c * d);
  randomStream(1, 'c').fillNormal(mix);
  const y = Int32Array.from({ length: n }, () => r.integer(0, c));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      x[i * d + j]! += signal * mix[y[i]! * d + j]!;
    }
  for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]! * (1 + ((i % d) / d) * 3));
  return { x, y };
};
for (const [n, q, d] of [
  [10000, 2000, 128],
  [10000, 2000, 512],
  [50000, 10000, 128],
  [50000, 10000, 512],
] as const) {
  const a = make(n, d, 10, 2),
    b = make(q, d, 10, 3);
  const t = performance.now();
  const r = weightedKnn({ bank: a.x, bankLabels: a.y, queries: b.x, queryLabels: b.y, dimension: d, classes: 10 });
  console.log(
    'knn',
    n,
    q,
    d,
    r.accuracy,
    (performance.now() - t).toFixed(0),
    'ms',
    (process.memoryUsage().rss / 2 ** 20).toFixed(0),
    'MiB',
  );
}
for (const [n, d, c] of [
  [10000, 128, 10],
  [10000, 512, 10],
  [50000, 512, 10],
  [10000, 512, 100],
] as const) {
  const a = make(n, d, c, 2),
    b = make(2000, d, c, 3);
  if (n === 10000 && d === 512 && c === 10) {
    writeFileSync('/tmp/team/x.f32', Buffer.from(a.x.buffer));
    writeFileSync('/tmp/team/y.i32', Buffer.from(a.y.buffer));
  }
  for (const tol of [1e-4, 1e-6]) {
    const t = performance.now();
    const r = linearProbe({
      train: a.x,
      trainLabels: a.y,
      test: b.x,
      testLabels: b.y,
      dimension: d,
      classes: c,
      tolerance: tol,
    });
    console.log(
      'probe',
      n,
      d,
      c,
      tol,
      r.accuracy,
      r.trainAccuracy,
      r.objective,
      r.iterations,
      r.converged,
      r.gradientNorm,
      (performance.now() - t).toFixed(0),
      'ms',
    );
  }
}
