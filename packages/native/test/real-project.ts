import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * An npm project with a copy of the real tfjs-node-gpu (without its binding) whose dependencies are links to the
 * installed ones, so that an installation into it does not touch the package that other tests use.
 */
export function projectWithRealPackage(folder: string, packageDirectory: string): void {
  const scope = join(folder, 'node_modules', '@tensorflow');
  mkdirSync(scope, { recursive: true });
  for (const name of ['package.json', 'dist', 'binding']) {
    cpSync(join(packageDirectory, name), join(scope, 'tfjs-node-gpu', name), { recursive: true });
  }
  const installed = dirname(dirname(packageDirectory));
  for (const name of readdirSync(installed)) {
    if (name === '@tensorflow' || name.startsWith('.')) continue;
    symlinkSync(join(installed, name), join(folder, 'node_modules', name));
  }
  for (const name of readdirSync(join(installed, '@tensorflow'))) {
    if (name !== 'tfjs-node-gpu') symlinkSync(join(installed, '@tensorflow', name), join(scope, name));
  }
}
