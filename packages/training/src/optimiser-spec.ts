import { SceneError } from '@ssl-scene/errors';
import { adamW, isBiasOrNorm, lamb, lars, type Optimiser, type ParameterSpec, sgd } from '@ssl-scene/nn';

/** Which parameters have neither weight decay nor a rate of their own: none, or biases and what belongs to norms. */
export type DecayExclusion = 'none' | 'bias-and-norm';

/** An optimiser as plain data. The fields are those of the functions of the same names in `@ssl-scene/nn`. */
export type OptimiserSpec =
  | {
      readonly kind: 'sgd';
      /** Default 0.9. */
      readonly momentum?: number;
      /** Default false. */
      readonly nesterov?: boolean;
      /** Default 0. */
      readonly weightDecay?: number;
      /** Default `none`, as in PyTorch. */
      readonly exclude?: DecayExclusion;
    }
  | {
      readonly kind: 'lars';
      /** Default 0.9. */
      readonly momentum?: number;
      /** Default 0. */
      readonly weightDecay?: number;
      /** Default 0.001. */
      readonly eta?: number;
      /** Default `openSelfSup`. */
      readonly form?: 'openSelfSup' | 'simclr';
      /** Default `bias-and-norm`. */
      readonly exclude?: DecayExclusion;
    }
  | {
      readonly kind: 'adamw' | 'lamb';
      /** Default 0.9. */
      readonly beta1?: number;
      /** Default 0.999. */
      readonly beta2?: number;
      /** Default: that of the function. */
      readonly epsilon?: number;
      /** Default 0.01. */
      readonly weightDecay?: number;
      /** Default `bias-and-norm`. */
      readonly exclude?: DecayExclusion;
    };

/** The optimiser that a specification describes, for these parameters. */
export function buildOptimiser(spec: OptimiserSpec, parameters: readonly ParameterSpec[]): Optimiser {
  const { kind, exclude = kind === 'sgd' ? 'none' : 'bias-and-norm', ...options } = spec;
  const rule = { parameters, exclude: exclude === 'none' ? () => false : isBiasOrNorm };
  switch (kind) {
    case 'sgd':
      return sgd({ momentum: 0.9, ...options, ...rule });
    case 'lars':
      return lars({ ...options, ...rule });
    case 'adamw':
      return adamW({ ...options, ...rule });
    case 'lamb':
      return lamb({ ...options, ...rule });
    default:
      throw new SceneError({
        code: 'UNKNOWN_OPTIMISER',
        expected: 'sgd, lars, adamw or lamb',
        found: JSON.stringify(kind),
        where: 'optimiser.kind',
        fix: 'Choose one of them.',
      });
  }
}
