import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { datasetClosed } from './dataset-closed.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { HelperProcess, helperProgram } from './helper-process.ts';
import { decoderCrashed, decodeTimeout } from './image-fault.ts';

export interface DecodeRequest {
  readonly bytes: Uint8Array;
  readonly options: ResolvedDecodeOptions;
  readonly where: string;
}

export interface IsolatedDecoderOptions {
  /** The program that the child runs. Default: the one of this package. */
  readonly program?: URL;
}

/** Decodes pictures in a child process, which one that hangs or crashes the decoder costs its life. */
export class IsolatedDecoder {
  readonly #process: HelperProcess<DecodeRequest, Raster>;

  constructor({ program = helperProgram('decoder-process') }: IsolatedDecoderOptions = {}) {
    this.#process = new HelperProcess({ program, startFailure });
  }

  async decode(request: DecodeRequest): Promise<Raster> {
    const { where, options } = request;
    const outcome = await this.#process.ask(request, options.timeLimit);
    if ('value' in outcome) return outcome.value;
    if ('fault' in outcome) throw new SceneError(outcome.fault);
    if ('closed' in outcome) throw datasetClosed(where);
    if ('overdue' in outcome) throw decodeTimeout(where, options.timeLimit);
    if ('death' in outcome) throw decoderCrashed(where, `a decoder that died of it (${outcome.death})`);
    throw startFailure(outcome.failure);
  }

  /** Ends the child; a later request starts another. */
  close(): void {
    this.#process.close();
  }
}

function startFailure(found: string): SceneError {
  return new SceneError({
    code: 'DECODER_UNAVAILABLE',
    expected: 'a child process that decodes pictures',
    found,
    where: 'the isolated decoder',
    fix: 'Use `isolate: "none"` where processes cannot be started; a hanging decoder cannot be interrupted then.',
  });
}
