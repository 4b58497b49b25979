import { type BufferSpec, initialise, type ParameterSpec, type Variables } from '@ssl-scene/nn';

/** What has a value from the start: what {@link Framework} lists. */
export interface VariableSpecs {
  readonly parameters: readonly ParameterSpec[];
  readonly unlearned: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
}

/** Fresh variables: learned parameters apart, the rest among the buffers. */
export function initialiseVariables({ parameters, unlearned, buffers }: VariableSpecs, seed: number): Variables {
  const learned = initialise({ parameters, buffers }, seed);
  const others = initialise({ parameters: unlearned, buffers: [] }, seed);
  return { params: learned.params, buffers: { ...others.params, ...learned.buffers } };
}
