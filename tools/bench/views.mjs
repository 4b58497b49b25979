import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packDataset } from '@ssl-scene/views';
import { Contestant, median } from './contestant.mjs';
import { peerPython } from './python-environment.mjs';
import { PHOTO_CASES, SMALL_CASES } from './views-case.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SHORT_SIDE = 320;
/** With --quick, the first so many of the images. */
const FEW_PHOTOS = 64;
const FEW_SMALL_IMAGES = 1024;

/** Two-view pipelines against torchvision's transforms, with the same number of workers. */
export async function* viewsBench({ quick, only = '' }) {
  yield* smallImages(quick, only);
  yield* photos(quick, only);
}

/** 32 px from pixels in memory, one thread, against the better of torchvision on Pillow images and on tensors. */
async function* smallImages(quick, only) {
  const file = sharedFile('cifar10/data_batch_1.bin');
  if (file === undefined) return;
  for (const { name, ...given } of SMALL_CASES.filter((one) => one.name.includes(only))) {
    const settings = quick ? { ...given, images: FEW_SMALL_IMAGES } : given;
    const source = { kind: 'cifar10', files: [file] };
    const contestants = {
      ours: await ours({ ...settings, source }),
      pillow: await peer({ ...settings, file, kind: 'pillow' }),
      tensor: await peer({ ...settings, file, kind: 'tensor' }),
    };
    const times = await race(contestants, quick);
    const best = times.pillow.wall <= times.tensor.wall ? 'pillow' : 'tensor';
    const names = { ours: 'ours', peer: best };
    yield row(name, settings.images, times, names, `${contestants[best].description}, 1 thread`);
  }
}

/** 224 px from photos: our ways of reading, each beside torchvision and DataLoader reading the same files. */
async function* photos(quick, only) {
  const root = sharedFile('coco-mini/val2017');
  if (root === undefined) return;
  const nativeLibrary = findNativeLibrary();
  const folder = mkdtempSync(join(tmpdir(), 'ssl-scene-bench-'));
  try {
    const source = { kind: 'image-folder', root };
    const packed = await packDataset(source, join(folder, 'photos.pack'), { shortSide: SHORT_SIDE });
    const ways = photoWays(source, packed.source, nativeLibrary);
    const images = quick ? FEW_PHOTOS : packed.images;
    for (const settings of PHOTO_CASES) {
      const rows = photoRows(settings.name, ways).filter((one) => one.name.includes(only));
      const starts = {};
      for (const { way, kind } of rows) {
        starts[way] = () => ours({ ...settings, images, ...ways[way] });
        starts[kind] = () => peer({ ...settings, images, root, kind });
      }
      const contestants = {};
      for (const [name, start] of Object.entries(starts)) contestants[name] = await start();
      const times = await race(contestants, quick);
      for (const { name, way, kind } of rows) {
        yield row(name, images, times, { ours: way, peer: kind }, contestants[kind].description);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How our loader reads: settings of views-ours.mjs. */
function photoWays(files, packed, nativeLibrary) {
  const native = nativeLibrary === undefined ? {} : { nativeLibrary };
  return {
    sharp: { source: files, passes: 3 },
    ...(nativeLibrary !== undefined && { native: { source: files, passes: 3, loader: native } }),
    typescript: { source: files, loader: { ...native, engine: 'typescript' } },
    packed: { source: packed, passes: 6 },
    bytes: { source: packed, passes: 6, loader: { output: 'uint8' } },
  };
}

/** The rows of the table: one of our ways beside one of the peer's. */
function photoRows(name, ways) {
  const packed = `packed, short side ${SHORT_SIDE}`;
  const rows = [
    { name: `${name}, JPEG by sharp`, way: 'sharp', kind: 'photos' },
    { name: `${name}, JPEG by sharp`, way: 'sharp', kind: 'photos, subnormal numbers kept' },
    { name: `${name}, JPEG by the native library`, way: 'native', kind: 'photos' },
    { name: `${name}, JPEG, plain TypeScript`, way: 'typescript', kind: 'photos' },
    { name: `${name}, ${packed}`, way: 'packed', kind: 'photos' },
    { name: `${name}, ${packed}, bytes out`, way: 'bytes', kind: 'photos' },
    { name: `${name}, ${packed}`, way: 'packed', kind: 'decoded photos' },
  ];
  return rows.filter(({ way }) => way in ways);
}

function sharedFile(name) {
  const shared = process.env.SSL_SCENE_SHARED ?? path('../../../shared');
  const file = join(shared, 'data', name);
  if (existsSync(file)) return file;
  console.error(`views: SKIPPED, there is no ${file}; SSL_SCENE_SHARED names the folder that holds data/${name}`);
  return undefined;
}

/** Folder of tfjs-node-gpu, if its native library is there. */
function findNativeLibrary() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
    if (existsSync(join(folder, 'lib/napi-v8/tfjs_binding.node'))) return folder;
  } catch {}
  console.error('views: the native library is not installed; its cases are SKIPPED');
  return undefined;
}

/** Ours, which makes `passes` passes for each that is asked for: one would be too short to be measured. */
async function ours(settings) {
  const contestant = await Contestant.start(process.execPath, [path('views-ours.mjs'), JSON.stringify(settings)]);
  contestant.passes = settings.passes ?? 1;
  return contestant;
}

async function peer(settings) {
  const contestant = await Contestant.start(peerPython(), [path('peers/views.py'), JSON.stringify(settings)]);
  contestant.passes = 1;
  return contestant;
}

/**
 * Median milliseconds of a pass of each, by the clock and of processor time, all taking turns. The first pass of a turn is not
 * counted: it runs with the caches that another contestant left.
 */
async function race(contestants, quick) {
  const measured = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      await contestant.ask('steps 1');
      const before = contestant.processorTime();
      const [wall] = await contestant.ask('steps 1');
      const after = contestant.processorTime();
      measured[name].push({ wall, processor: before === undefined ? undefined : (after - before) / contestant.passes });
    }
  }
  for (const contestant of Object.values(contestants)) contestant.stop();
  const medians = (turns) => ({
    wall: median(turns.map(({ wall }) => wall)),
    processor: median(turns.map(({ processor }) => processor)),
  });
  return Object.fromEntries(Object.entries(measured).map(([name, turns]) => [name, medians(turns)]));
}

function row(name, images, times, names, peerName) {
  const [own, peer] = [times[names.ours], times[names.peer]];
  return {
    bench: 'views',
    case: name,
    unit: 'pairs/s',
    ours: (images / own.wall) * 1000,
    peer: (images / peer.wall) * 1000,
    peerName: `torchvision ${peerName}`,
    ratio: peer.wall / own.wall,
    processorRatio: own.processor === undefined ? undefined : peer.processor / own.processor,
  };
}
