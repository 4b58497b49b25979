import type { Framework, PairSpec } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { jit, tf } from '@ssl-scene/tensors';
import { frameworkBatch, type StepInputs } from './step-inputs.ts';

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
  framework: Framework,
  pairs: readonly PairSpec[],
  { params, buffers }: Variables,
  inputs: StepInputs,
): Promise<boolean> {
  const names = followerNames(framework);
  if (names.length === 0) return true;
  const lossOf = jit(
    (variables: Variables, given: StepInputs) => {
      const batch = frameworkBatch(pairs, given);
      const prepared = framework.prepare?.(variables, batch) ?? { tensors: {}, updates: {} };
      const current = { params: variables.params, buffers: { ...variables.buffers, ...prepared.updates } };
      return framework.objective(current, batch, prepared, { training: true, updates: {} }).loss;
    },
    { name: `${framework.name} loss` },
  );
  const zeros = Object.fromEntries(names.map((name) => [name, tf.zerosLike(buffers[name]!)]));
  const losses = [lossOf({ params, buffers }, inputs), lossOf({ params, buffers: { ...buffers, ...zeros } }, inputs)];
  const [given, without] = await Promise.all(losses.map(async (loss) => (await loss.data())[0]));
  tf.dispose([losses, zeros] as unknown as tf.TensorContainer);
  lossOf.dispose();
  return given !== without;
}
