import type { Context, Variables } from '@ssl-scene/nn';
import type { Tensor } from '@ssl-scene/tensors';

/** A forward pass from images (N, height, width, 3) to something with N rows; pure, like that of a module. */
export interface Network<Output> {
  apply(variables: Variables, images: Tensor, context: Context): Output;
}
