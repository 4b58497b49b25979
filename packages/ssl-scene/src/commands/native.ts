import { type InstallOptions, installNative, nativeStatus, progressPrinter, removeNative } from '@ssl-scene/native';
import { type Output, textTable } from '../output.ts';

export interface NativeInstallOptions {
  readonly gpu?: boolean;
  readonly from?: readonly string[];
  readonly force?: boolean;
  readonly cache?: string;
  readonly json?: boolean;
}

/** Fetches, builds and verifies the TensorFlow library; does nothing where it is there already. */
export async function nativeInstallCommand(options: NativeInstallOptions, output: Output): Promise<void> {
  const { gpu, from, force, cache, json } = options;
  const install: InstallOptions = {
    ...(gpu !== undefined && { gpu }),
    ...(from !== undefined && { from }),
    ...(force !== undefined && { force }),
    ...(cache !== undefined && { cacheDirectory: cache }),
    onProgress: progressPrinter(process.stderr),
  };
  const { outcome, directory } = await installNative(install);
  output.result(json ? JSON.stringify({ outcome, directory }) : `${outcome}: ${directory}`);
}

/** What is installed, whether it works, and what a build would need. Its answer is whether the backend is usable. */
export async function nativeStatusCommand(
  { verify, json }: { readonly verify?: boolean; readonly json?: boolean },
  output: Output,
): Promise<boolean> {
  const status = await nativeStatus({ verify: verify ?? false });
  if (json) {
    output.result(JSON.stringify(status));
    return status.usable;
  }
  output.result(`native backend ${status.usable ? 'usable' : 'not usable'}`);
  if ('reason' in status.native) output.result(`  ${status.native.reason}`);
  for (const { directory, damage } of status.installations) {
    output.result(`installed ${directory}${damage === undefined ? '' : ` (damaged: ${damage})`}`);
  }
  const rows = status.requirements.map(({ name, found, fix }) => [name, found ?? 'missing', fix ?? '']);
  output.result(textTable(['a build needs', 'found', 'how to get it'], rows));
  return status.usable;
}

/** Deletes everything that installations left in the cache. */
export async function nativeRemoveCommand({ cache }: { readonly cache?: string }, output: Output): Promise<void> {
  const result = await removeNative(cache === undefined ? {} : { cacheDirectory: cache });
  output.result(JSON.stringify(result));
}
