import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What an installed file must be. */
export interface FileRecord {
  readonly size: number;
  readonly sha256: string;
}

/** What was installed, from what, with what; lies as `manifest.json` beside the files. */
export interface Manifest {
  readonly format: 1;
  readonly installedAt: string;
  /** Version of @tensorflow/tfjs-node-gpu whose binding was built. */
  readonly tfjsVersion: string;
  /** What the library itself says its version is. */
  readonly tensorflowVersion: string;
  /** Whether it is the CUDA build. */
  readonly gpu: boolean;
  readonly wheels: readonly { readonly fileName: string; readonly sha256: string }[];
  readonly compiler: string;
  /** Which own operations are compiled in (a short name of their source); absent where the compiler refused them. */
  readonly kernels?: string;
  /** By path relative to the manifest, with forward slashes. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** The same of the headers, which are needed only to build another binding; absent where an older version kept none. */
  readonly headers?: Readonly<Record<string, FileRecord>>;
}

const MANIFEST_FILE = 'manifest.json';

export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeFile(join(directory, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The manifest of an installation, or `undefined` where there is none that can be read. */
export function readManifest(directory: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, MANIFEST_FILE), 'utf8')) as Manifest;
    return manifest.format === 1 && typeof manifest.files === 'object' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Which file of an installation is missing or has another size than was installed; `undefined` where none has. */
export function sizeDamage(directory: string, manifest: Manifest): string | undefined {
  for (const [path, expected] of Object.entries(manifest.files)) {
    const size = statSync(join(directory, path), { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${path} is missing`;
    if (size !== expected.size) return `${path} has ${size} bytes in place of ${expected.size}`;
  }
  return undefined;
}

/** As {@link sizeDamage}, reading every file: about a second. */
export async function contentDamage(directory: string, manifest: Manifest): Promise<string | undefined> {
  const damage = sizeDamage(directory, manifest);
  if (damage !== undefined) return damage;
  for (const [path, expected] of Object.entries(manifest.files)) {
    if ((await sha256Of(join(directory, path))) !== expected.sha256)
      return `${path} has other contents than were installed`;
  }
  return undefined;
}

/** SHA-256 of a file's contents in lower-case hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
