import { SceneError } from '@ssl-scene/errors';
import {
  describeFaults,
  type LoadReport,
  type Restored,
  type RestoreOptions,
  restoreVariables,
  type Specs,
  type TensorSource,
} from '@ssl-scene/nn';
import { openSafetensors, parseSafetensors } from '@ssl-scene/safetensors';
import { disposeTree, type TensorDict } from '@ssl-scene/tensors';
import type { Backbone } from './backbone.ts';

export interface PretrainedOptions extends RestoreOptions {
  /**
   * Whether a file that has less than 90 % of the network, or that was trained behind a filter which the network lacks, is taken
   * all the same. Default false.
   */
  readonly force?: boolean;
}

/** At least this share of a network's tensors must be in the file. */
export const REQUIRED_SHARE = 0.9;

/** What programs put before a backbone's names; hints for messages, never stripped unasked. */
const COMMON_PREFIXES = ['module.', 'backbone.', 'encoder_q.', 'module.encoder_q.', 'encoder.', 'model.', 'online.'];

/**
 * Variables from a safetensors file of PyTorch's layouts, such as a torchvision state dictionary. The report lists what
 * was matched, missing, of another shape and unexpected (a classifier, where the network has none).
 *
 * @param network a backbone, or a backbone with a head.
 * @param source path, bytes or reader of the file.
 * @throws SceneError where less than 90 % of the network's tensors are in the file with the right shape, unless forced;
 * the message names the prefix that would help, where there is one. Also where the file's metadata say that its network saw
 * images through a filter (`input_filter`) and this one does not.
 */
export function loadPretrained(
  network: Specs & Pick<Backbone, 'inputFilter'>,
  source: TensorSource,
  options: PretrainedOptions = {},
): Restored {
  const { force = false, ...rest } = options;
  const filter = metadataOf(source).input_filter;
  if (filter !== undefined && !network.inputFilter && !force) throw filterMissing(filter, source);
  const restored = restoreVariables(network, source, rest);
  const share = matchedShare(restored.report);
  if (force || share >= REQUIRED_SHARE) return restored;
  disposeTree(restored.variables as { params: TensorDict; buffers: TensorDict });
  throw new SceneError({
    code: 'PRETRAINED_MISMATCH',
    expected: `at least ${REQUIRED_SHARE * 100} % of the network's tensors in the file`,
    found: `${(share * 100).toFixed(1)} %: ${describeFaults(restored.report)}`,
    where: nameOf(source),
    fix: advice(restored.report),
  });
}

const nameOf = (source: TensorSource): string => (typeof source === 'string' ? source : 'the given tensors');

function metadataOf(source: TensorSource): Readonly<Record<string, string>> {
  if (source instanceof Uint8Array) return parseSafetensors(source).metadata;
  if (typeof source !== 'string') return source.metadata;
  const reader = openSafetensors(source);
  reader.close();
  return reader.metadata;
}

function filterMissing(filter: string, source: TensorSource): SceneError {
  return new SceneError({
    code: 'INPUT_FILTER_MISSING',
    expected: `a network that sees images through the filter of the file's, ${filter}`,
    found: 'one that takes them as they are',
    where: nameOf(source),
    fix: 'Wrap the backbone with `highPassed` of @ssl-scene/training, or pass { force: true }.',
  });
}

function matchedShare({ matched, missing, mismatched }: LoadReport): number {
  return matched.length / (matched.length + missing.length + mismatched.length);
}

function advice({ missing, unexpected }: LoadReport): string {
  const wanted = new Set(missing);
  const hits = (prefix: string): number =>
    unexpected.filter((name) => name.startsWith(prefix) && wanted.has(name.slice(prefix.length))).length;
  const best = COMMON_PREFIXES.reduce((a, b) => (hits(b) > hits(a) ? b : a));
  if (hits(best) > 0) return `The file's names begin with a prefix: pass { prefix: ${JSON.stringify(best)} }.`;
  return 'Choose the architecture that the file belongs to, or pass { force: true } to go on with fresh values.';
}
