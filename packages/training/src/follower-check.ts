import type { Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { jit, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Recipe } from './recipe.ts';
import { frameworkBatch, type StepInputs } from './step-inputs.ts';
import { maskStep } from './step-masking.ts';

/** Names of the copies of learned parameters, such as `target.backbone.conv1.weight`. */
export function followerNames({ parameters, unlearned }: Pick<Framework, 'parameters' | 'unlearned'>): string[] {
  const learned = new Set(parameters.map(({ name }) => name));
  return unlearned.map(({ name }) => name).filter((name) => learned.has(name.slice(name.indexOf('.') + 1)));
}

/**
 * Whether the loss depends on the copies that follow the learned parameters (MoCo's keys, BYOL's target): two forward
 * passes, the second with zeros for the copies. A loss that does not is that of a network which learns from itself, as
 * without a stop-gradient. `true` for frameworks without copies.
 */
export async function dependsOnFollowers(
  recipe: Pick<Recipe, 'framework' | 'pairs' | 'masking'>,
  { params, buffers }: Variables,
  inputs: StepInputs,
  network?: Variables,
): Promise<boolean> {
  const { framework, pairs } = recipe;
  const names = followerNames(framework);
  if (names.length === 0) return true;
  const maskViews = jit(
    (variables: Variables, given: StepInputs, frozen: Variables | undefined): TensorDict =>
      maskStep(recipe, variables, given, frozen).inputs.views,
    { name: 'masks' },
  );
  const lossOf = jit(
    (variables: Variables, given: StepInputs) => {
      const batch = frameworkBatch(pairs, given);
      const prepared = framework.prepare?.(variables, batch) ?? { tensors: {}, updates: {} };
      const current = { params: variables.params, buffers: { ...variables.buffers, ...prepared.updates } };
      return framework.objective(current, batch, prepared, { training: true, updates: {} }).loss;
    },
    { name: `${framework.name} loss` },
  );
  // Masks are those of the true copies in both passes, so that nothing but the loss can tell the two apart.
  const views = maskViews({ params, buffers }, inputs, network);
  const zeros = Object.fromEntries(names.map((name) => [name, tf.zerosLike(buffers[name]!)]));
  const losses = [
    { params, buffers },
    { params, buffers: { ...buffers, ...zeros } },
  ].map((variables) => lossOf(variables, { ...inputs, views }));
  const [given, without] = await Promise.all(losses.map(async (loss) => (await loss.data())[0]));
  tf.dispose([losses, zeros, views] as unknown as tf.TensorContainer);
  maskViews.dispose();
  lossOf.dispose();
  return given !== without;
}
