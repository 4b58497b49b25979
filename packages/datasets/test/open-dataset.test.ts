import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const PLUGIN = `
  export const open = ({ length }) => ({
    name: 'plugged', length, source: undefined,
    id: String, label: () => -1,
    pixels: (i) => ({ width: 1, height: 1, data: Uint8Array.of(i, i, i) }),
  });
  export const other = async (options) => open({ length: options.length + 1 });
  export const wrong = () => 5;
  export const notAFunction = 5;`;

describe('openDataset', () => {
  const module = (): string => pathToFileURL(join(temporaryFolder({ 'plugin.mjs': PLUGIN }), 'plugin.mjs')).href;

  it('opens plug-ins by the URL of their module', async () => {
    const dataset = await openDataset({ kind: 'plugin', module: module(), options: { length: 3 } });
    expect([dataset.length, dataset.pixels(2)]).toEqual([3, { width: 1, height: 1, data: Uint8Array.of(2, 2, 2) }]);
    expect(
      (await openDataset({ kind: 'plugin', module: module(), export: 'other', options: { length: 3 } })).length,
    ).toBe(4);
  });

  it('says what is wrong with a plug-in', async () => {
    const open = (source: object) => openDataset({ kind: 'plugin', module: module(), ...source } as DatasetSource);
    await expect(open({ export: 'missing' })).rejects.toThrowError(/BAD_PLUGIN.*no function "missing"/);
    await expect(open({ export: 'notAFunction' })).rejects.toThrowError(/BAD_PLUGIN/);
    await expect(open({ export: 'wrong' })).rejects.toThrowError(/BAD_PLUGIN.*something else/);
    await expect(open({ module: 'file:///no/such/module.mjs' })).rejects.toThrowError(/BAD_PLUGIN.*loading/);
  });

  it('suggests the right kind', async () => {
    const source = { kind: 'cifar-10', files: [] } as unknown as DatasetSource;
    await expect(openDataset(source)).rejects.toThrowError(/UNKNOWN_DATASET_KIND.*Did you mean "cifar10"/);
  });
});
