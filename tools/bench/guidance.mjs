import { fileURLToPath } from 'node:url';
import { Contestant } from './contestant.mjs';

/**
 * What it costs to say where crops go. `view pipeline`: two views an image in the main thread, from decoded pixels (so that the
 * sampler's share is the largest that can be), guided crops with scores where they have them against random ones of the same
 * sizes. `refresh`: a localisation pass in shares of the training epoch before it.
 */
export async function* guidanceBench({ quick, only = '' }) {
  const rounds = quick ? 4 : 12;
  for (const images of [
    { name: '32 px', width: 32, height: 32, size: 32, length: 2048, grid: 2, map: 8 },
    { name: '320 x 240 to 224 px', width: 320, height: 240, size: 224, length: 64, grid: 4, map: 7 },
  ]) {
    for (const kind of ['contrastive', 'saliency']) {
      const name = `view pipeline, ${kind} crops, ${images.name}`;
      if (!name.includes(only)) continue;
      const start = (guided) =>
        Contestant.start(process.execPath, [script('guidance-views.mjs'), JSON.stringify({ ...images, kind: guided })]);
      const contestants = [await start(kind), await start('random-resized')];
      const { times, processor } = await taken(contestants, rounds);
      for (const contestant of contestants) contestant.stop();
      const [ours, peer] = times.map((time) => (1000 * images.length) / time);
      const ratios = { ratio: ours / peer, ...(processor && { processorRatio: processor[1] / processor[0] }) };
      yield { bench: 'guidance', case: name, unit: 'images/s', ours, peer, peerName: 'random crops', ...ratios };
    }
  }
  const name = 'refresh, 32 px, ResNet-18 width 16';
  if (!name.includes(only)) return;
  const contestant = await Contestant.start(process.execPath, [script('guidance-refresh.mjs')]);
  const { refresh, epoch } = await contestant.ask(`run ${quick ? 3 : 6}`);
  contestant.stop();
  const ratio = epoch / refresh;
  yield { bench: 'guidance', case: name, unit: 's', ours: refresh, peer: epoch, peerName: 'epoch', ratio };
}

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Least milliseconds of a pass, and least milliseconds of processor time of a few, of each contestant; they take turns. */
async function taken(contestants, rounds) {
  const times = contestants.map(() => []);
  const processor = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const before = contestant.processorTime();
      const passes = await contestant.ask('passes 5');
      times[index].push(...passes);
      if (before !== undefined) processor[index].push(contestant.processorTime() - before);
    }
  }
  const isKnown = processor.every((values) => values.length > 0);
  const least = (values) => Math.min(...values);
  return { times: times.map(least), processor: isKnown ? processor.map(least) : undefined };
}
