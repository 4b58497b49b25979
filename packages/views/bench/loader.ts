import { createViewLoader, type ViewPlan } from '@ssl-scene/views';

// Images (two finished views each) per second, and per second of processor time of all threads together, which hardly depends
// on what else the machine does: for every case and number of workers, best of several passes.
// Run: pnpm tsx --conditions=@ssl-scene/source bench/loader.ts [workers …]

const jitter = { kind: 'colour-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 } as const;

function simclr(size: number, blur: boolean): ViewPlan {
  const view = {
    size,
    crop: { kind: 'random-resized', scale: [0.2, 1] },
    augmentations: [
      { kind: 'horizontal-flip', p: 0.5 },
      jitter,
      { kind: 'grayscale', p: 0.2 },
      ...(blur ? [{ kind: 'gaussian-blur', sigma: [0.1, 2], kernelSize: 23, p: 0.5 } as const] : []),
    ],
  } as const;
  return {
    views: [
      { name: 'a', ...view },
      { name: 'b', ...view },
    ],
  };
}

const CASES = [
  { name: '32 px, no blur', width: 32, height: 32, length: 8192, batchSize: 256, plan: simclr(32, false) },
  { name: '224 px of 640 x 480, blur', width: 640, height: 480, length: 128, batchSize: 32, plan: simclr(224, true) },
];
const PASSES = 4;

for (const { name, width, height, length, batchSize, plan } of CASES) {
  for (const workers of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0, 1, 2]) {
    const module = new URL('./memory-images.mjs', import.meta.url).href;
    const source = { kind: 'plugin', module, options: { length, width, height } } as const;
    const loader = await createViewLoader({ source, plan, batchSize, seed: 1, workers });
    const images = loader.stepsPerEpoch * batchSize;
    let [perSecond, perProcessorSecond] = [0, 0];
    for (let pass = 0; pass < PASSES; pass++) {
      const start = performance.now();
      const processorStart = process.cpuUsage();
      for await (const batch of loader.epoch(pass)) batch.release();
      const { user, system } = process.cpuUsage(processorStart);
      perSecond = Math.max(perSecond, (images * 1e3) / (performance.now() - start));
      perProcessorSecond = Math.max(perProcessorSecond, (images * 1e6) / (user + system));
    }
    await loader.close();
    for (const [unit, value] of Object.entries({ 'images/s': perSecond, 'images/cpu-s': perProcessorSecond })) {
      console.log(JSON.stringify({ bench: 'views', case: name, workers, unit, value: Math.round(value) }));
    }
  }
}
