import type { Module } from './module.ts';

/** One module after the other. Names are the modules' own: pass `linearLayer('0', …)` for PyTorch's `0.weight`. */
export function sequential(...modules: readonly Module[]): Module {
  return {
    parameters: modules.flatMap(({ parameters }) => parameters),
    buffers: modules.flatMap(({ buffers }) => buffers),
    apply: (variables, input, context) => modules.reduce((x, module) => module.apply(variables, x, context), input),
  };
}
