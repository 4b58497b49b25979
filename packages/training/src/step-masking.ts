import type { Backbone } from '@ssl-scene/backbones';
import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import { highPass, type MaskedViews, type Masker, saliencyOf } from '@ssl-scene/masking';
import type { Variables } from '@ssl-scene/nn';
import { resizeBilinear, type Tensor, type TensorDict } from '@ssl-scene/tensors';
import { averageVariables } from './average-variables.ts';
import { maskingProblem, type ResolvedMasking, type SaliencySource } from './masking-options.ts';
import type { StepInputs } from './step-inputs.ts';

/** What masks need in a step beside the views, as tensors. */
export interface MaskInputs {
  /** What the masker drew, by its names. */
  readonly noise: TensorDict;
  /** Maps (N, h, w) of views whose saliency is known before the step. */
  readonly saliency: TensorDict;
}

/** A step's inputs with the views that the pairs name, and scalars worth logging. */
export interface MaskedStep {
  readonly inputs: StepInputs;
  readonly metrics: TensorDict;
}

/**
 * Masks the views of a step, as constants: no gradient flows into the choice of patches. Call it inside `jit` or `tf.tidy`.
 *
 * @param variables of the network that learns. @param network those of a frozen network, where saliency comes from one.
 */
export function maskStep(
  { framework, masking }: { readonly framework: Framework; readonly masking?: ResolvedMasking },
  variables: Variables,
  inputs: StepInputs,
  network?: Variables,
): MaskedStep {
  if (!masking) return { inputs, metrics: {} };
  const { views, metrics } = maskViews(
    { framework, masking },
    variables,
    { ...inputs.masking!, views: inputs.views },
    network,
  );
  return { inputs: { ...inputs, views }, metrics };
}

/** The masked views, the masks themselves and what is salient; otherwise as {@link maskStep}. */
export function maskViews(
  { framework, masking }: { readonly framework: Framework; readonly masking: ResolvedMasking },
  variables: Variables,
  inputs: MaskInputs & { readonly views: TensorDict },
  network?: Variables,
): MaskedViews {
  const { masker, saliency: source } = masking;
  const { noise, saliency: known } = inputs;
  const saliency = source
    ? saliencyOf(
        masker,
        inputs.views,
        (view, name) => known[name] ?? networkSaliency(source, framework, masker, variables, network, view),
      )
    : {};
  return masker.apply(inputs.views, saliency, noise);
}

/** Features (N, h, w, C) of a view. */
function networkSaliency(
  source: SaliencySource,
  framework: Framework,
  { filter }: Masker,
  variables: Variables,
  network: Variables | undefined,
  view: Tensor,
): Tensor {
  switch (source.kind) {
    case 'network': {
      const { backbone, size, stage } = source;
      return stageOf(backbone, network!, size === undefined ? view : resizeBilinear(view, [size, size]), stage);
    }
    case 'online':
    case 'average': {
      // The network that learns has seen filtered images only.
      const images = filter ? highPass(view, filter) : view;
      const state = source.kind === 'average' ? averageVariables(framework, variables)! : backboneVariables(variables);
      return stageOf(framework.backbone, state, images, source.stage);
    }
    default:
      throw maskingProblem(
        'inputs.masking.saliency',
        `maps of all views that masks look at, since their saliency comes from ${source.kind}`,
        'a view without one',
        'Give a map for each of masker.salientViews.',
      );
  }
}

function stageOf(backbone: Backbone, state: Variables, images: Tensor, stage = backbone.stages.at(-1)!): Tensor {
  return backbone.features(state, images, { training: false, updates: {} }, [stage]).taps[stage]!;
}
