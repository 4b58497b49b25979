import { constant, kaimingNormal, type LinearLayerOptions } from '@ssl-scene/nn';

/**
 * Fresh values of a head's Linears: `pytorch`, uniform in ±1 / √fan-in for weights and biases, or `openselfsup`, Kaiming
 * normal by fan-in and biases of 0.
 */
export type HeadInitialisation = 'pytorch' | 'openselfsup';

export function headInitialisers(
  initialisation: HeadInitialisation = 'pytorch',
): Pick<LinearLayerOptions, 'initialise' | 'initialiseBias'> {
  if (initialisation === 'pytorch') return {};
  return { initialise: kaimingNormal('fan-in'), initialiseBias: constant(0) };
}
