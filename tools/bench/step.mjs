import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Contestant, takeTurns } from './contestant.mjs';
import { peerPython } from './python-environment.mjs';
import { STEP_CASES } from './step-case.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The recorded step against PyTorch: pairs per second (the better of eager and compiled) and peak resident memory. */
export async function* stepBench({ quick, only = '', compile }) {
  const python = peerPython();
  for (const precision of ['float32', 'bfloat16']) {
    for (const step of STEP_CASES) {
      const name = `${step.name}, ${precision}`;
      if (!name.includes(only)) continue;
      const settings = { ...step, bfloat16: precision === 'bfloat16', threads: availableParallelism() };
      const peer = (compiled) =>
        Contestant.start(python, [file('peers/step.py'), JSON.stringify({ ...settings, compiled })]);
      const ours = await Contestant.start(process.execPath, [file('step-ours.mjs'), JSON.stringify(settings)], {
        SSL_SCENE_BACKEND: 'native',
      });
      const eager = await peer(false);
      // Compiling needs a C++ compiler and a minute or two; where it fails the eager peer stands alone.
      const compiled = compile ? await peer(true).catch(() => undefined) : undefined;
      const contestants = compiled ? [ours, eager, compiled] : [ours, eager];
      const [ownTime, ...peerTimes] = await takeTurns(contestants, { rounds: quick ? 2 : 5, steps: step.steps });
      const best = Math.min(...peerTimes);
      const peerName = `PyTorch ${eager.description}, ${best === peerTimes[0] ? 'eager' : 'compiled'}`;
      const [ownRate, peerRate] = [ownTime, best].map((time) => (step.batch / time) * 1000);
      yield {
        bench: 'step',
        case: name,
        unit: 'pairs/s',
        ours: ownRate,
        peer: peerRate,
        peerName,
        ratio: ownRate / peerRate,
      };
      const [ownPeak, peerPeak] = [await ours.ask('peak'), await eager.ask('peak')];
      const memory = { ours: ownPeak, peer: peerPeak, ratio: peerPeak / ownPeak };
      yield {
        bench: 'step',
        case: `${name}, peak memory`,
        unit: 'MB',
        ...memory,
        peerName: `PyTorch ${eager.description}`,
      };
      for (const contestant of contestants) contestant.stop();
    }
  }
}
