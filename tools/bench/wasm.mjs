import { fileURLToPath } from 'node:url';
import { Contestant, takeTurns } from './contestant.mjs';

const CASE = { name: 'ResNet-18 width 16, 32 px, batch 4', depth: 18, width: 16, small: true, size: 32, batch: 4 };

/** The step on WebAssembly against the same step on TensorFlow.js's plain JavaScript backend. */
export async function* wasmBench({ quick, only = '' }) {
  if (!CASE.name.includes(only)) return;
  const start = (backend) =>
    Contestant.start(
      process.execPath,
      [fileURLToPath(new URL('step-ours.mjs', import.meta.url)), JSON.stringify(CASE)],
      {
        SSL_SCENE_BACKEND: backend,
      },
    );
  const contestants = [await start('wasm'), await start('cpu')];
  const times = await takeTurns(contestants, { rounds: quick ? 1 : 3, steps: 1 });
  const [ours, peer] = times.map((time) => (CASE.batch / time) * 1000);
  const peerName = 'TensorFlow.js, backend cpu';
  yield { bench: 'wasm', case: CASE.name, unit: 'pairs/s', ours, peer, peerName, ratio: ours / peer };
  for (const contestant of contestants) contestant.stop();
}
