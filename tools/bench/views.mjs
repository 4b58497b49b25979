import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Contestant, takeTurns } from './contestant.mjs';
import { peerPython } from './python-environment.mjs';
import { VIEWS_CASES } from './views-case.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Two-view pipelines, one worker, against torchvision in one process: the better of its transforms on Pillow images and on tensors. */
export async function* viewsBench({ quick, only = '' }) {
  const shared = process.env.SSL_SCENE_SHARED ?? path('../../../shared');
  const file = `${shared}/data/cifar10/data_batch_1.bin`;
  if (!existsSync(file)) {
    console.error(`views: SKIPPED, there is no ${file}; SSL_SCENE_SHARED names the folder that holds data/cifar10`);
    return;
  }
  const python = peerPython();
  for (const { name, ...settings } of VIEWS_CASES) {
    if (!name.includes(only)) continue;
    const peer = (kind) =>
      Contestant.start(python, [path('peers/views.py'), JSON.stringify({ ...settings, file, kind })]);
    const ours = await Contestant.start(process.execPath, [
      path('views-ours.mjs'),
      JSON.stringify({ ...settings, file }),
    ]);
    const peers = [await peer('pillow'), await peer('tensor')];
    const contestants = [ours, ...peers];
    const [ownTime, ...peerTimes] = await takeTurns(contestants, { rounds: quick ? 2 : 7, steps: 1 });
    for (const contestant of contestants) contestant.stop();
    const best = Math.min(...peerTimes);
    yield {
      bench: 'views',
      case: name,
      unit: 'pairs/s',
      ours: (settings.images / ownTime) * 1000,
      peer: (settings.images / best) * 1000,
      peerName: `torchvision ${peers[peerTimes.indexOf(best)].description}, 1 thread`,
      ratio: best / ownTime,
    };
  }
}
