import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes an executable Node program and returns its path. */
export function program(path: string, source: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!${process.execPath}\n${source}\n`);
  chmodSync(path, 0o755);
  return path;
}

/**
 * A C++ compiler that writes a file in place of a binding and a line to `log` for each compilation.
 * The addon that needs no library costs no line.
 *
 * @param refused end of the name of a source that it does not understand
 */
export function fakeCompiler(folder: string, log: string, refused = ''): string {
  return program(
    join(folder, 'compiler'),
    `const { appendFileSync, existsSync, readdirSync, writeFileSync } = require('node:fs');
     const args = process.argv.slice(2);
     if (args.includes('--version')) { console.log('fake compiler 1.0'); process.exit(0); }
     const include = args.filter((argument) => argument.startsWith('-I')).map((argument) => argument.slice(2));
     const library = args.find((argument) => argument.startsWith('-L'));
     for (const header of library ? ['tensorflow/c/c_api.h', 'node_api.h'] : ['node_api.h']) {
       if (!include.some((path) => existsSync(path + '/' + header))) {
         console.error('fatal error: ' + header + ': No such file or directory');
         process.exit(1);
       }
     }
     for (const name of library ? ['libtensorflow.so', 'libtensorflow_framework.so'] : []) {
       if (!existsSync(library.slice(2) + '/' + name)) { console.error('cannot find ' + name); process.exit(1); }
     }
     const refused = ${JSON.stringify(refused)};
     if (refused && args.some((argument) => argument.endsWith(refused))) {
       console.error(refused + ':1: error: what is this');
       process.exit(1);
     }
     if (library) appendFileSync(${JSON.stringify(log)}, 'compiled\\n');
     writeFileSync(args[args.indexOf('-o') + 1], 'binding');`,
  );
}

/** What a fake pip does: which links it lists, and what `download` puts into the folder asked for. */
export interface FakePip {
  /** Addresses that `-vv` lists. */
  readonly links?: readonly string[];
  /** Name and contents of the file that `download` brings; without, it fails as without network. */
  readonly file?: { readonly name: string; readonly contents: string };
  /** A file that gets the arguments of each call, one JSON array a line. */
  readonly log?: string;
}

/** A Python whose `-m pip` does as told. */
export function fakePython(folder: string, { links = [], file, log }: FakePip): string {
  return program(
    join(folder, 'python'),
    `const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
     const args = process.argv.slice(2);
     const log = ${JSON.stringify(log ?? '')};
     if (log) appendFileSync(log, JSON.stringify(args) + '\\n');
     if (args.includes('--version')) { console.log('pip 99.0 from nowhere (python 3.99)'); process.exit(0); }
     if (args.includes('-vv')) {
       for (const link of ${JSON.stringify(links)}) console.log('  Found link ' + link + ' (from index), version: 1');
       if (${links.length > 0}) setInterval(() => {}, 1000);
       else process.exit(1);
     } else {
       const file = ${JSON.stringify(file ?? null)};
       if (file === null) { console.error('ERROR: No matching distribution found for the wheel'); process.exit(1); }
       writeFileSync(args[args.indexOf('--dest') + 1] + '/' + file.name, file.contents);
     }`,
  );
}

/** How the fake npm package computes. */
export interface FakePackage {
  /** What its matrix product gives. Default: the right one. */
  readonly product?: readonly number[];
  /** Whether loading it ends the process, as a library for another processor does. */
  readonly crashes?: boolean;
}

/** An npm project whose `@tensorflow/tfjs-node-gpu` computes without a library; returns its folder. */
export function fakeProject(folder: string, { product = [19, 22, 43, 50], crashes = false }: FakePackage = {}): string {
  const modules = join(folder, 'node_modules');
  const tfjs = join(modules, '@tensorflow', 'tfjs-node-gpu');
  const finder = join(modules, '@mapbox', 'node-pre-gyp');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write(join(tfjs, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node-gpu', version: '4.22.0' }));
  write(join(tfjs, 'binding', 'tfjs_backend.cc'), '');
  write(join(tfjs, 'binding', 'tfjs_binding.cc'), '');
  write(join(finder, 'package.json'), JSON.stringify({ name: '@mapbox/node-pre-gyp', version: '1.0.0' }));
  write(
    join(finder, 'index.js'),
    `exports.find = () => require('node:path').join(${JSON.stringify(tfjs)}, 'lib/napi-v8/tfjs_binding.node');`,
  );
  write(
    join(tfjs, 'index.js'),
    `const { readFileSync, realpathSync } = require('node:fs');
     const path = realpathSync(require('@mapbox/node-pre-gyp').find());
     if (readFileSync(path, 'utf8') !== 'binding') throw new Error('not a binding');
     if (${crashes}) process.kill(process.pid, 'SIGILL');
     require.cache[path] = {};
     require('node:util').isNullOrUndefined(1);
     const tensor = (values) => ({ reshape: () => tensor(values), dataSync: () => Float32Array.from(values) });
     exports.tensor2d = exports.ones = exports.range = () => tensor([]);
     exports.matMul = () => tensor(${JSON.stringify(product)});
     exports.conv2d = () => tensor([45, 54, 81, 90]);
     exports.backend = () => ({ binding: { TF_Version: '9.9.9' }, isUsingGpuDevice: false });
     exports.version = {};`,
  );
  return folder;
}

/** Members of a wheel as far as they matter, and some that do not. */
export const WHEEL_MEMBERS: Readonly<Record<string, string>> = {
  'tensorflow/libtensorflow_cc.so.2': 'the library '.repeat(1000),
  'tensorflow/libtensorflow_framework.so.2': 'its other half',
  'tensorflow/include/tensorflow/c/c_api.h': '// header',
  'tensorflow/include/tensorflow/cc/client.h': '// not needed',
  'tensorflow/python/ops.py': '# not needed',
};
