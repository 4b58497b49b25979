import type { Raster } from '@ssl-scene/geometry';
import { noSource, noView } from './engine-check.ts';
import { type ChannelValues, checkOutputLength, normalise } from './normalise.ts';
import { applyOperations, type Operation } from './operation.ts';
import type { PixelWindow } from './pixel-window.ts';
import { checkSize } from './raster-check.ts';
import type { EngineCropOptions, RasterEngine } from './raster-engine.ts';
import { cropAndResize } from './resize.ts';
import { Workspace } from './workspace.ts';

/** The functions of this package behind the interface of an engine. */
export class TypescriptEngine implements RasterEngine {
  readonly kind = 'typescript';
  readonly #workspace = new Workspace();
  #source: Raster | undefined;
  #view: Raster | undefined;

  source(width: number, height: number): Uint8Array {
    checkSize(width, height, 'RasterEngine.source');
    const length = width * height * 3;
    const data = this.#workspace.bytes('engine source', length).subarray(0, length);
    this.#source = { width, height, data };
    this.#view = undefined;
    return data;
  }

  cropAndResize(crop: PixelWindow, width: number, height: number, options: EngineCropOptions = {}): void {
    if (this.#source === undefined) throw noSource();
    checkSize(width, height, 'RasterEngine.cropAndResize');
    const { filter = 'bilinear', flip = false, passOrder = 'pillow-13' } = options;
    const length = width * height * 3;
    const out = { width, height, data: this.#workspace.bytes('engine view', length).subarray(0, length) };
    const workspace = this.#workspace;
    this.#view = cropAndResize(this.#source, crop, width, height, filter, { flip, passOrder, out, workspace });
  }

  apply(operations: readonly Operation[]): void {
    const view = this.#requiredView('apply');
    applyOperations(view, operations, { out: view, workspace: this.#workspace });
  }

  normalise(mean: ChannelValues, std: ChannelValues, out?: Float32Array): Float32Array {
    return normalise(this.#requiredView('normalise'), mean, std, out);
  }

  bytes(out?: Uint8Array): Uint8Array {
    const { data } = this.#requiredView('bytes');
    if (out === undefined) return data.slice();
    checkOutputLength(out.length, data.length, 'RasterEngine.bytes, out');
    out.set(data);
    return out;
  }

  raster(): Raster {
    const view = this.#requiredView('raster');
    return { ...view, data: view.data.slice() };
  }

  #requiredView(where: string): Raster {
    if (this.#view === undefined) throw noView(where);
    return this.#view;
  }
}
