import { extname } from 'node:path';
import type { BadImages } from './bad-images.ts';
import { decisionsFor, noDecisions } from './decode-decisions.ts';
import type { ImageDataset } from './image-dataset.ts';
import { EXTENSION_FORMATS } from './image-format.ts';
import type { PictureFacts } from './picture-facts.ts';
import type { PictureFinding } from './picture-finding.ts';
import type { PictureGroup, PictureReport, SizeSummary } from './picture-report.ts';
import { similarPictures } from './similar-pictures.ts';

/** From when on pictures are tiny, and to when they are near-duplicates. */
export interface SummaryLimits {
  readonly tinyBelow: number;
  readonly nearDistance: number;
}

/** Near-duplicates differ by at most this mean level in their 8 × 8 thumbnails: recompression and resizing stay below 6. */
const THUMBNAIL_LEVELS = 12;

/** The report on a data set, from what was found out about its pictures. */
export function summarisePictures(
  dataset: ImageDataset,
  findings: readonly PictureFinding[],
  badImages: BadImages,
  limits: SummaryLimits,
): PictureReport {
  const sizes = findings.flatMap(({ size }) => size ?? []);
  const files = findings.flatMap(({ facts }) => facts ?? []);
  const decodesByConversion = 'decode' in dataset.source && dataset.source.decode?.colourProfile === 'convert';
  const decisions = noDecisions();
  for (const facts of files) {
    const taken = decisionsFor(facts, { colourProfile: decodesByConversion ? 'convert' : 'ignore' });
    for (const decision of taken) decisions[decision]++;
  }
  const duplicates = sameDigests(findings);
  return {
    version: 1,
    name: dataset.name,
    pictures: dataset.length,
    ...(dataset.encoded === undefined ? {} : { bytes: findings.reduce((sum, { bytes }) => sum + bytes, 0) }),
    warnings: dataset.warnings ?? [],
    ...classCounts(dataset),
    width: summaryOf(sizes.map(({ width }) => width)),
    height: summaryOf(sizes.map(({ height }) => height)),
    shorterSide: summaryOf(sizes.map(({ width, height }) => Math.min(width, height))),
    aspect: summaryOf(sizes.map(({ width, height }) => width / height)),
    formats: countsOf(files.map(({ format }) => format)),
    modes: countsOf(files.map(modeName)),
    orientations: countsOf(files.map(({ orientation }) => String(orientation))),
    decisions,
    misnamed: misnamed(dataset, findings),
    broken: badImages.list().map(({ id, code, message }) => ({ id, code, message })),
    constant: findings.flatMap(({ colour }, i) => (colour === undefined ? [] : [{ id: dataset.id(i), colour }])),
    tiny: findings.flatMap(({ size }, i) =>
      size !== undefined && Math.min(size.width, size.height) < limits.tinyBelow
        ? [{ id: dataset.id(i), ...size }]
        : [],
    ),
    duplicates: duplicates.map((group) => groupOf(dataset, group)),
    nearDuplicates: nearDuplicates(findings, duplicates, limits.nearDistance).map((group) => groupOf(dataset, group)),
  };
}

function classCounts(dataset: ImageDataset): Pick<PictureReport, 'classes'> {
  const { classNames, length } = dataset;
  if (classNames === undefined) return {};
  const counts = classNames.map(() => 0);
  let unlabelled = 0;
  for (let i = 0; i < length; i++) {
    const label = dataset.label(i);
    if (label < 0) unlabelled++;
    else counts[label] = (counts[label] ?? 0) + 1;
  }
  return { classes: { names: classNames, counts, unlabelled } };
}

function summaryOf(values: readonly number[]): SizeSummary | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  return { smallest: sorted[0]!, median: sorted[sorted.length >> 1]!, largest: sorted.at(-1)! };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function modeName({ mode, bits, hasAlpha }: PictureFacts): string {
  return `${mode} ${bits}${hasAlpha ? ' with transparency' : ''}`;
}

function misnamed(dataset: ImageDataset, findings: readonly PictureFinding[]): PictureReport['misnamed'] {
  return findings.flatMap(({ facts }, i) => {
    const promised = EXTENSION_FORMATS[extname(dataset.id(i)).toLowerCase()];
    const isMisnamed = facts !== undefined && promised !== undefined && promised !== facts.format;
    return isMisnamed ? [{ id: dataset.id(i), format: facts.format }] : [];
  });
}

/** Groups of indices with the same pixels; pictures of one colour are listed elsewhere. */
function sameDigests(findings: readonly PictureFinding[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { digest, traits }] of findings.entries()) {
    if (traits === undefined) continue;
    const group = groups.get(digest);
    if (group === undefined) groups.set(digest, [index]);
    else group.push(index);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Of each set of duplicates only the first is compared with others. */
function nearDuplicates(
  findings: readonly PictureFinding[],
  duplicates: readonly number[][],
  distance: number,
): number[][] {
  const copies = new Set(duplicates.flatMap((group) => group.slice(1)));
  const traits = findings.flatMap((finding, i) => (copies.has(i) ? [] : (finding.traits ?? [])));
  return similarPictures(traits, { distance, levels: THUMBNAIL_LEVELS });
}

function groupOf(dataset: ImageDataset, indices: readonly number[]): PictureGroup {
  const labels = indices.map((index) => dataset.label(index));
  const ids = indices.map((index) => dataset.id(index));
  return new Set(labels).size === 1 ? { ids } : { ids, labels };
}
