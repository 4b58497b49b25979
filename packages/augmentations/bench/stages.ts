import { createRasterEngine, type Operation, type RasterEngine } from '@ssl-scene/augmentations';
import { randomStream } from '@ssl-scene/random';

/** Milliseconds a view of each stage, by both engines, on a 640 x 480 image: `tsx bench/stages.ts [side] [passes]`. */
const side = Number(process.argv[2] ?? 224);
const passes = Number(process.argv[3] ?? 5);
const random = randomStream(0, 'bench');

/** Smooth colours with a little noise, more like a photo than noise alone. */
function fill(data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const wave = Math.sin((pixel % 640) / 40 + i / 90000) * Math.cos(Math.floor(pixel / 640) / (25 + (i % 3) * 9));
    data[i] = Math.min(255, Math.max(0, 128 + 110 * wave + random.uniform(-9, 9)));
  }
}

const crops = Array.from({ length: 50 }, () => {
  const width = random.integer(200, 640);
  const height = random.integer(180, 480);
  return { x: random.integer(0, 641 - width), y: random.integer(0, 481 - height), width, height };
});

const operations: Record<string, Operation> = {
  flip: { kind: 'horizontal-flip' },
  brightness: { kind: 'brightness', factor: 1.02 },
  contrast: { kind: 'contrast', factor: 1.02 },
  saturation: { kind: 'saturation', factor: 1.02 },
  hue: { kind: 'hue', turn: 0.1 },
  grayscale: { kind: 'grayscale' },
  solarize: { kind: 'solarize', threshold: 128 },
  'box blur': { kind: 'box-blur', radius: 1.1 },
  'gaussian blur': { kind: 'gaussian-blur', sigma: 1.05, kernelSize: 23 },
  'gaussian blur, sigma 2': { kind: 'gaussian-blur', sigma: 2, kernelSize: 23 },
};

const floats = new Float32Array(side * side * 3);
const bytes = new Uint8Array(side * side * 3);

function stagesOf(engine: RasterEngine): Record<string, (i: number) => unknown> {
  fill(engine.source(640, 480));
  engine.cropAndResize(crops[0]!, side, side);
  return {
    'crop and resize': (i) => engine.cropAndResize(crops[i % 50]!, side, side),
    ...Object.fromEntries(
      Object.entries(operations).map(([name, operation]) => [name, () => engine.apply([operation])]),
    ),
    normalise: () => engine.normalise([0.485, 0.456, 0.406], [0.229, 0.224, 0.225], floats),
    bytes: () => engine.bytes(bytes),
  };
}

const kinds = ['typescript', 'wasm'] as const;
const stages = kinds.map((kind) => stagesOf(createRasterEngine({ kind })));
const best = new Map<string, number[]>();
for (let pass = 0; pass < passes; pass++) {
  for (const name of Object.keys(stages[0]!)) {
    stages.forEach((stage, engine) => {
      const repeats = Math.round((engine === 0 ? 40 : 400) * (224 / side) ** 2);
      // Every operation starts from a view that others have not worn out.
      stage['crop and resize']!(0);
      const start = performance.now();
      for (let i = 0; i < repeats; i++) stage[name]!(i);
      const times = best.get(name) ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      times[engine] = Math.min(times[engine]!, (performance.now() - start) / repeats);
      best.set(name, times);
    });
  }
}
console.log(`${'stage'.padEnd(24)} ${kinds.map((kind) => kind.padStart(10)).join(' ')}   (ms, best of ${passes})`);
for (const [name, times] of best) {
  console.log(`${name.padEnd(24)} ${times.map((time) => time.toFixed(4).padStart(10)).join(' ')}`);
}
