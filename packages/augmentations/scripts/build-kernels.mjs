// Compiles assembly/raster-kernels.ts to WebAssembly and embeds it in src/generated/raster-kernels.ts, which is committed, so
// that building and using the package needs no compiler. Run `pnpm build:kernels` after every change of the assembly.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../assembly/raster-kernels.ts', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/generated/raster-kernels.ts', import.meta.url));

const OPTIONS = [
  ...['-O3', '--converge', '--noAssert'],
  ...['--runtime', 'stub', '--importMemory', '--enable', 'simd', '--use', 'abort='],
];

/** Changes whenever the compiled bytes may. */
export const sourceHash = () =>
  createHash('sha256').update(OPTIONS.join(' ')).update(readFileSync(SOURCE)).digest('hex');

export async function compileKernels() {
  const { default: asc } = await import('assemblyscript/asc');
  const name = 'raster-kernels.ts';
  let bytes;
  const { error, stderr } = await asc.main([name, '--outFile', 'kernels.wasm', ...OPTIONS], {
    readFile: (file) => (file === name ? readFileSync(SOURCE, 'utf8') : null),
    writeFile: (file, contents) => {
      if (file === 'kernels.wasm') bytes = contents;
    },
    listFiles: () => [],
  });
  const messages = stderr.toString();
  if (error || messages !== '') throw new Error(`${error?.message ?? 'warnings'}\n${messages}`);
  return bytes;
}

async function main() {
  const bytes = await compileKernels();
  mkdirSync(fileURLToPath(new URL('../src/generated', import.meta.url)), { recursive: true });
  writeFileSync(
    TARGET,
    `// Made by scripts/build-kernels.mjs from assembly/raster-kernels.ts; ${bytes.length} bytes of WebAssembly.

/** SHA-256 of the compiler's options and the source. */
export const RASTER_KERNELS_SOURCE = '${sourceHash()}';

/** The compiled module in base64. */
export const RASTER_KERNELS = '${Buffer.from(bytes).toString('base64')}';
`,
  );
  console.log(`${TARGET}: ${bytes.length} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
