import type { HostInput, Position } from '@ssl-scene/frameworks';
import { type TensorDict, tf } from '@ssl-scene/tensors';
import type { StepInputs } from './step-inputs.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** What a step at this position needs beside its views, as tensors; `change` may replace what the framework asked for. */
export function uploadPosition(
  { framework, learningRate: initialRate }: Pick<ResolvedTrainerOptions, 'framework' | 'learningRate'>,
  position: Position,
  learningRate: number,
  change: Readonly<Record<string, HostInput>> = {},
): Omit<StepInputs, 'views'> {
  const asked = framework.hostInputs?.(position) ?? {};
  const changed = Object.entries(change).filter(([name]) => name in asked);
  const phase = framework.phase?.(position);
  return {
    framework: uploadHostInputs({ ...asked, ...Object.fromEntries(changed) }),
    learningRate: tf.scalar(learningRate),
    initialRate: tf.scalar(initialRate),
    ...(phase && { phase }),
  };
}

function uploadHostInputs(inputs: Readonly<Record<string, HostInput>>): TensorDict {
  const entries = Object.entries(inputs).map(([name, { shape, dtype, data }]) => [
    name,
    tf.tensor(data, [...shape], dtype),
  ]);
  return Object.fromEntries(entries);
}
