// Benchmarks beside the Python peers, both sides interleaved in one run:
//   npm run -s bench -- NAME [--json] [--quick] [--only TEXT] [--no-compile]
// A line per case: ours, peer and their ratio; a ratio above 1 is better than the peer. A second ratio is that of processor
// time, which other programs on the machine disturb less.
import { parseArgs } from 'node:util';

const BENCHES = {
  guidance: async () => (await import('./guidance.mjs')).guidanceBench,
  step: async () => (await import('./step.mjs')).stepBench,
  trainer: async () => (await import('./trainer.mjs')).trainerBench,
  views: async () => (await import('./views.mjs')).viewsBench,
  wasm: async () => (await import('./wasm.mjs')).wasmBench,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-compile': { type: 'boolean', default: false },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (unknown) {
  console.error(`unknown benchmark "${unknown}"; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(1);
}

const significant = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

for (const name of names) {
  if (!values.json)
    console.log(`${name}\n${'case'.padEnd(44)} ${'unit'.padEnd(10)} ours      peer      ratio  peer name`);
  const bench = await BENCHES[name]();
  for await (const row of bench({ quick: values.quick, only: values.only, compile: !values['no-compile'] })) {
    if (values.json) console.log(JSON.stringify(row));
    else {
      const ratios = [row.ratio, row.processorRatio].filter((ratio) => ratio !== undefined);
      const ratio = ratios.map((ratio) => ratio.toFixed(2)).join(' / ');
      const cells = [significant(row.ours).padEnd(9), significant(row.peer).padEnd(9), ratio.padEnd(6)];
      console.log(`${row.case.padEnd(44)} ${row.unit.padEnd(10)} ${cells.join(' ')} ${row.peerName}`);
    }
  }
}
