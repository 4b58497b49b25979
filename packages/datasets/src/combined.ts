import { SceneError } from '@ssl-scene/errors';
import { checkIndex } from './check-index.ts';
import type { ConcatenatedSource, SubsetSource } from './dataset-source.ts';
import { DECODE_DECISIONS, type DecisionCounts, noDecisions } from './decode-decisions.ts';
import type { ImageDataset } from './image-dataset.ts';

/** What the whole can tell only where all parts can. */
interface Abilities {
  readonly encoded: boolean;
  readonly file: boolean;
}

function commonAbilities(parts: readonly ImageDataset[]): Abilities {
  return {
    encoded: parts.every(({ encoded }) => encoded !== undefined),
    file: parts.every(({ file }) => file !== undefined),
  };
}

/** The sums over all parts that decode files. */
function summedDecisions(parts: readonly ImageDataset[]): DecisionCounts {
  const sums = noDecisions();
  for (const counts of parts.flatMap((part) => part.decisions?.() ?? [])) {
    for (const decision of DECODE_DECISIONS) sums[decision] += counts[decision];
  }
  return sums;
}

/** The answers that depend on an index, carried over to another numbering of the images. */
function renumbered(
  locate: (index: number) => { dataset: ImageDataset; index: number },
  has: Abilities,
): Pick<ImageDataset, 'id' | 'label' | 'labels' | 'size' | 'boxes' | 'mask' | 'pixels' | 'file' | 'encoded'> {
  const ask =
    <Result>(question: (dataset: ImageDataset, index: number) => Result) =>
    (position: number): Result => {
      const { dataset, index } = locate(position);
      return question(dataset, index);
    };
  return {
    id: ask((dataset, i) => dataset.id(i)),
    label: ask((dataset, i) => dataset.label(i)),
    labels: ask((dataset, i) => dataset.labels?.(i) ?? labelAsList(dataset.label(i))),
    size: ask((dataset, i) => dataset.size?.(i)),
    boxes: ask((dataset, i) => dataset.boxes?.(i) ?? []),
    mask: ask((dataset, i) => dataset.mask?.(i)),
    pixels: ask((dataset, i) => dataset.pixels(i)),
    ...(has.file ? { file: ask((dataset, i) => dataset.file!(i)) } : {}),
    ...(has.encoded ? { encoded: ask((dataset, i) => dataset.encoded!(i)) } : {}),
  };
}

function labelAsList(label: number): readonly number[] {
  return label < 0 ? [] : [label];
}

/** Several data sets as one. Ids get the number of their data set in front; class names must agree where there are any. */
export function concatenate(source: ConcatenatedSource, parts: readonly ImageDataset[]): ImageDataset {
  const starts = [0];
  for (const part of parts) starts.push(starts.at(-1)! + part.length);
  const length = starts.at(-1)!;
  const name = parts.map((part) => part.name).join(' + ');
  const classNames = commonClassNames(parts, name);
  const locate = (index: number): { dataset: ImageDataset; index: number; part: number } => {
    checkIndex(index, length, name);
    let part = 0;
    while (index >= starts[part + 1]!) part++;
    return { dataset: parts[part]!, index: index - starts[part]!, part };
  };
  return {
    ...renumbered(locate, commonAbilities(parts)),
    name,
    length,
    source: { ...source, sources: parts.map((part) => part.source) },
    ...(classNames === undefined ? {} : { classNames }),
    warnings: parts.flatMap((part) => part.warnings ?? []),
    id(position: number): string {
      const { dataset, index, part } = locate(position);
      return `${part}:${dataset.id(index)}`;
    },
    decisions: () => summedDecisions(parts),
    close: () => closeAll(parts),
  };
}

/** Some images of a data set, in the order given. Ids and labels stay what they are. */
export function subset(source: SubsetSource, whole: ImageDataset): ImageDataset {
  const indices = Uint32Array.from(source.indices, (index) => {
    checkIndex(index, whole.length, whole.name);
    return index;
  });
  const { name } = whole;
  return {
    ...renumbered(
      (position) => {
        checkIndex(position, indices.length, name);
        return { dataset: whole, index: indices[position]! };
      },
      commonAbilities([whole]),
    ),
    name,
    length: indices.length,
    source: { ...source, of: whole.source },
    ...(whole.classNames === undefined ? {} : { classNames: whole.classNames }),
    ...(whole.warnings === undefined ? {} : { warnings: whole.warnings }),
    decisions: () => summedDecisions([whole]),
    close: () => whole.close?.(),
  };
}

function closeAll(parts: readonly ImageDataset[]): void {
  for (const part of parts) part.close?.();
}

/** The names that all parts with names share. */
function commonClassNames(parts: readonly ImageDataset[], name: string): readonly string[] | undefined {
  const named = parts.flatMap(({ classNames }) => (classNames === undefined ? [] : [classNames]));
  const [first, ...others] = named;
  const differing = others.find((names) => JSON.stringify(names) !== JSON.stringify(first));
  if (differing === undefined) return first;
  throw new SceneError({
    code: 'CLASSES_DIFFER',
    expected: 'the same classes in all data sets that are joined',
    found: `${first!.slice(0, 5).join(', ')} … beside ${differing.slice(0, 5).join(', ')} …`,
    where: name,
    fix: 'Join data sets of the same classes, or open them without class folders (`classes: "none"`).',
  });
}
