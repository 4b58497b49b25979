import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * An npm project with a copy of the real tfjs-node-gpu (without its binding) whose dependencies are links to the
 * installed ones, so that an installation into it does not touch the package that other tests use.
 */
export function projectWithRealPackage(folder: string, packageDirectory: string): void {
  const modules = join(folder, 'node_modules');
  const copy = join(modules, '@tensorflow', 'tfjs-node-gpu');
  for (const name of ['package.json', 'dist', 'binding']) {
    cpSync(join(packageDirectory, name), join(copy, name), { recursive: true });
  }
  const installed = dirname(dirname(packageDirectory));
  linkMissing(installed, modules);
  // tfjs-node-gpu requires tfjs-core without declaring it; pnpm keeps such packages in a folder of their own.
  linkMissing(join(installed, '..', '..', 'node_modules'), modules);
}

function linkMissing(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of existsSync(from) ? readdirSync(from) : []) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) linkMissing(join(from, name), join(to, name));
    else if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name));
  }
}
