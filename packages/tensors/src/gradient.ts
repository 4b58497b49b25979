import { SceneError } from '@ssl-scene/errors';
import { adopt, hold } from './scope.ts';
import { type Tensor, type TensorDict, tf } from './tensor.ts';
import { flattenTree, mapTree, type Tree } from './tree.ts';

/** What {@link valueAndGrad} gives. */
export interface ValueAndGrad<Aux extends Tree> {
  /** The scalar. */
  readonly loss: Tensor;
  /** Whatever else the function returned. No gradient flows through it. */
  readonly aux: Aux;
  /** Gradient of the loss by parameter name; a parameter that the loss does not reach is absent. */
  readonly grads: Record<string, Tensor>;
  /** Names of the parameters that the loss does not reach. */
  readonly unreached: string[];
}

/**
 * Value and gradient of a scalar function of named parameters.
 *
 * @param fn pure function that returns `loss` (a scalar) and, as `aux`, any tree of tensors to be handed through: new
 *   running statistics, metrics, per-sample losses.
 * @param params the parameters to differentiate by.
 */
export function valueAndGrad<Aux extends Tree = undefined>(
  fn: (params: TensorDict) => { loss: Tensor; aux?: Aux },
  params: TensorDict,
): ValueAndGrad<Aux> {
  const names = Object.keys(params);
  const inputs = names.map((name) => params[name]!);
  let aux: Tree;
  const forward = (): Tensor => {
    const result = fn(params);
    // A tensor that is an input or the loss itself has an owner already, so the copy is what leaves the scope.
    aux = mapTree(result.aux, (tensor) => hold(tf.clone(tensor)));
    return result.loss;
  };
  const { value, grads } = tf.engine().gradients(forward, inputs, undefined, true);
  adopt(flattenTree(aux).tensors);
  if (value.size !== 1) {
    throw new SceneError({
      code: 'LOSS_NOT_SCALAR',
      expected: 'a loss with one element',
      found: `a tensor of shape [${value.shape.join(', ')}]`,
      where: 'valueAndGrad',
      fix: 'Reduce the loss by its mean or sum, and return per-sample values in aux.',
    });
  }
  const reached: Record<string, Tensor> = {};
  const unreached: string[] = [];
  names.forEach((name, index) => {
    const gradient = grads[index] as Tensor | null | undefined;
    if (gradient) reached[name] = gradient;
    else unreached.push(name);
  });
  return { loss: value, aux: aux as Aux, grads: reached, unreached };
}
