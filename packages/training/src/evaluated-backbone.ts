import type { Backbone } from '@ssl-scene/backbones';
import { SceneError } from '@ssl-scene/errors';
import type { Framework } from '@ssl-scene/frameworks';
import { type HighPassOptions, highPass } from '@ssl-scene/masking';
import type { ResolvedMasking } from './masking-options.ts';

/**
 * A backbone that takes the low frequencies out of its images by itself: the network to evaluate, to export or to localise
 * with where training saw images so. Parameters and names are those of `backbone`.
 *
 * @throws SceneError where it does so already.
 */
export function highPassed(backbone: Backbone, filter: HighPassOptions): Backbone {
  if (backbone.inputFilter) {
    throw new SceneError({
      code: 'INPUT_FILTER_TWICE',
      expected: 'a backbone that takes images as they are',
      found: `one that filters them already (${describeFilter(backbone.inputFilter)})`,
      where: backbone.name,
      fix: 'Filter images once.',
    });
  }
  return {
    ...backbone,
    inputFilter: filter,
    apply: (variables, images, context) => backbone.apply(variables, highPass(images, filter), context),
    features: (variables, images, context, stages) =>
      backbone.features(variables, highPass(images, filter), context, stages),
  };
}

/** The run's backbone as it must look at images outside of the step: through the filter that the run's masks apply. */
export function evaluatedBackbone({
  framework,
  masking,
}: {
  readonly framework: Framework;
  readonly masking?: ResolvedMasking;
}): Backbone {
  const filter = masking?.masker.filter;
  return filter ? highPassed(framework.backbone, filter) : framework.backbone;
}

const METADATA_KEY = 'input_filter';
const HIGH_PASS = 'high-pass';

/**
 * What the metadata of a model's file say of the filter through which it sees its images: `{"kind":"high-pass"}`, with kernel
 * and sigma where these do not follow the size of the images.
 */
export function inputFilterMetadata(filter: HighPassOptions | undefined): Record<string, string> {
  return filter ? { [METADATA_KEY]: JSON.stringify({ kind: HIGH_PASS, ...filter }) } : {};
}

/** The filter that a model's file says its network sees images through, for {@link highPassed}; `undefined` for none. */
export function storedInputFilter(metadata: Readonly<Record<string, string>>): HighPassOptions | undefined {
  const stored = metadata[METADATA_KEY];
  if (stored === undefined) return undefined;
  const { kind, ...filter } = JSON.parse(stored) as HighPassOptions & { readonly kind: string };
  if (kind === HIGH_PASS) return filter;
  throw new SceneError({
    code: 'INPUT_FILTER_UNKNOWN',
    expected: `a filter of kind ${HIGH_PASS}`,
    found: stored,
    where: `metadata ${METADATA_KEY}`,
    fix: 'Use the version of this software that wrote the file.',
  });
}

/** The filter of a stored network and that of the backbone it is to be put into, which must be equal. */
export function checkInputFilter(
  stored: HighPassOptions | undefined,
  { name, inputFilter }: Backbone,
  where: string,
): void {
  if (describeFilter(stored) === describeFilter(inputFilter)) return;
  throw new SceneError({
    code: stored ? 'INPUT_FILTER_MISSING' : 'INPUT_FILTER_UNKNOWN',
    expected: `a backbone that sees images as in training: ${describeFilter(stored)}`,
    found: `${name}: ${describeFilter(inputFilter)}`,
    where,
    fix: stored
      ? `Make the framework of highPassed(backbone, ${JSON.stringify(stored)}).`
      : 'Take the backbone without highPassed.',
  });
}

function describeFilter(filter: HighPassOptions | undefined): string {
  if (!filter) return 'without a filter';
  const { kernel = 'in proportion', sigma = 'in proportion' } = filter;
  return `high-pass, kernel ${kernel}, sigma ${sigma}`;
}
