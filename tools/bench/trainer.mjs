import { fileURLToPath } from 'node:url';
import { Contestant, median } from './contestant.mjs';
import { STEP_CASES } from './step-case.mjs';

/** The trainer (logs, watch, a checkpoint every 50 steps) against a bare loop around the same step and loader. */
export async function* trainerBench({ quick, only = '' }) {
  for (const settings of STEP_CASES.filter(({ size }) => size === 32)) {
    if (!settings.name.includes(only)) continue;
    const start = (loop) =>
      Contestant.start(
        process.execPath,
        [fileURLToPath(new URL('trainer-ours.mjs', import.meta.url)), JSON.stringify({ ...settings, loop })],
        { SSL_SCENE_BACKEND: 'native' },
      );
    const contestants = [await start('trainer'), await start('bare')];
    // So that checkpoints fall into the middle of the stretches that are timed.
    for (const contestant of contestants) await contestant.ask('steps 25');
    const times = await meanTimes(contestants, { rounds: quick ? 2 : 7, steps: 50 });
    const [ours, peer] = times.map((time) => 1000 / time);
    yield {
      bench: 'trainer',
      case: settings.name,
      unit: 'steps/s',
      ours,
      peer,
      peerName: 'bare loop',
      ratio: ours / peer,
    };
    const [ownPeak, peerPeak] = [await contestants[0].ask('peak'), await contestants[1].ask('peak')];
    const memory = { ours: ownPeak, peer: peerPeak, ratio: peerPeak / ownPeak };
    yield { bench: 'trainer', case: `${settings.name}, peak memory`, unit: 'MB', ...memory, peerName: 'bare loop' };
    for (const contestant of contestants) contestant.stop();
  }
}

/** Mean milliseconds of a step, checkpoints and all, of each contestant's middle turn; a turn's first step is not counted. */
async function meanTimes(contestants, { rounds, steps }) {
  const means = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const times = (await contestant.ask(`steps ${steps + 1}`)).slice(1);
      means[index].push(times.reduce((sum, time) => sum + time, 0) / steps);
    }
  }
  return means.map(median);
}
