import { SceneError } from '@ssl-scene/errors';
import { resizeBilinear, type Tensor, tf } from '@ssl-scene/tensors';
import type { MapFunction } from './map-function.ts';

export interface AveragingOptions {
  /** Also look at each image mirrored. Default: false. */
  readonly flip?: boolean;
  /** Sizes at which to look, as factors of the images' own; the map has the size that belongs to the first. Default: [1]. */
  readonly scales?: readonly number[];
}

/**
 * Heat maps averaged over mirrored and resized copies of the images. Each copy's map is stretched to [0, 1] first, so that all
 * count alike; a copy without shape adds zeros. With default options the maps are as they were.
 *
 * @throws BAD_SCALES unless all scales are positive, with at least one
 */
export function averagedMaps(map: MapFunction, options: AveragingOptions = {}): MapFunction {
  const { flip = false, scales = [1] } = options;
  if (scales.length === 0 || !scales.every((scale) => scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new SceneError({
      code: 'BAD_SCALES',
      expected: 'at least one positive scale',
      found: JSON.stringify(scales),
      where: 'averagedMaps, option scales',
      fix: 'Give factors of the input size, such as [1, 1.5].',
    });
  }
  if (!flip && scales.length === 1 && scales[0] === 1) return map;
  return (images, others) => {
    const looks = scales.flatMap((scale) => {
      const scaled = resizedBy(images, scale);
      const plain = stretched(map(scaled, others));
      return flip ? [plain, mirrored(stretched(map(mirrored(scaled), others)))] : [plain];
    });
    const [, height, width] = looks[0]!.shape as [number, number, number];
    const sum = looks.map((look) => resized(look, height, width)).reduce((total, look) => tf.add(total, look));
    return tf.div(sum, looks.length);
  };
}

function resizedBy(images: Tensor, scale: number): Tensor {
  if (scale === 1) return images;
  const [, height, width] = images.shape as [number, number, number, number];
  const side = (length: number): number => Math.max(1, Math.round(scale * length));
  return resizeBilinear(images, [side(height), side(width)]);
}

/** Along the width, for images and maps. */
function mirrored(tensor: Tensor): Tensor {
  return tf.reverse(tensor, 2);
}

/** To [0, 1] per image; 0 where a map has no shape. */
function stretched(maps: Tensor): Tensor {
  const least = tf.min(maps, [1, 2], true);
  const range = tf.sub(tf.max(maps, [1, 2], true), least);
  return tf.divNoNan(tf.sub(maps, least), range);
}

function resized(maps: Tensor, height: number, width: number): Tensor {
  const [images, fromHeight, fromWidth] = maps.shape as [number, number, number];
  if (fromHeight === height && fromWidth === width) return maps;
  const enlarged = resizeBilinear(tf.reshape(maps, [images, fromHeight, fromWidth, 1]), [height, width]);
  return tf.reshape(enlarged, [images, height, width]);
}
