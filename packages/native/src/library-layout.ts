import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Selection } from './archive.ts';

const HEADERS =
  /^tensorflow\/include\/((?:tensorflow\/c|tensorflow\/core\/platform|tensorflow\/tsl|tsl|xla\/tsl)\/.+\.(?:h|inc))$/;
const LIBRARY = /^tensorflow\/(libtensorflow_(?:cc|framework)\.(?:so\.2|2\.dylib))$/;
const BUNDLED_LIBRARIES = /^([^/]+\.libs\/[^/]+)$/;
const CUDA_LIBRARIES = /^(nvidia\/[^/]+\/(?:lib\/.+\.so[.\d]*|bin\/.+|nvvm\/.+))$/;

/** Of a wheel, the shared libraries: they go under `deps/`, placed so that their own relative search paths hold. */
export const libraryFiles: Selection = (member) => {
  const library = LIBRARY.exec(member)?.[1];
  if (library !== undefined) return `deps/lib/${library}`;
  const beside = BUNDLED_LIBRARIES.exec(member)?.[1] ?? CUDA_LIBRARIES.exec(member)?.[1];
  return beside === undefined ? undefined : `deps/${beside}`;
};

/** Headers inside an installation. They stay, so that another binding can be built without the wheel. */
export const HEADERS_FOLDER = 'include';

/** Of TensorFlow's wheel, the headers that the binding includes. */
export const headerFiles: Selection = (member) => {
  const header = HEADERS.exec(member)?.[1];
  return header === undefined ? undefined : `${HEADERS_FOLDER}/${header}`;
};

/** Of TensorFlow's wheel, libraries and headers. */
export const mainWheelFiles: Selection = (member) => libraryFiles(member) ?? headerFiles(member);

/** Adds the names under which the linker looks for the libraries, and puts CUDA's where the library looks first. */
export async function addLinkNames(directory: string): Promise<void> {
  const libraries = join(directory, 'deps', 'lib');
  for (const file of await readdir(libraries)) {
    const linkName = /\.dylib$/.test(file) ? file.replace('.2.dylib', '.dylib') : file.replace('.so.2', '.so');
    await symlink(file, join(libraries, linkName.replace('tensorflow_cc', 'tensorflow')));
  }
  await linkCudaLibraries(join(directory, 'deps'));
}

async function linkCudaLibraries(dependencies: string): Promise<void> {
  for (const component of await folderNames(join(dependencies, 'nvidia'))) {
    for (const file of await folderNames(join(dependencies, 'nvidia', component, 'lib'))) {
      await symlink(join('..', 'nvidia', component, 'lib', file), join(dependencies, 'lib', file));
    }
  }
}

async function folderNames(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

/** Makes the folder for the binding and returns the binding's path inside an installation. */
export async function prepareBindingPath(directory: string): Promise<string> {
  await mkdir(join(directory, 'lib', 'napi-v8'), { recursive: true });
  return join(directory, BINDING_FILE);
}

/** The binding inside an installation and inside the package alike. */
export const BINDING_FILE = 'lib/napi-v8/tfjs_binding.node';

/** The addon that starts a program again, inside an installation; on Linux alone. */
export const RESTART_FILE = 'lib/napi-v8/restart.node';
