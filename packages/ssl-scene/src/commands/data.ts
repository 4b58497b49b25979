import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  checkPictures,
  exclusionList,
  type FetchProgress,
  fetchDataset,
  type PictureReport,
  PUBLIC_DATASETS,
} from '@ssl-scene/datasets';
import { describeDecisions } from '../decode-decisions.ts';
import { type Output, tenths, textTable } from '../output.ts';

export interface DataCheckOptions {
  readonly exclude?: string;
  readonly json?: boolean;
}

/** What is odd about a folder of pictures; answers whether every picture can be read. */
export async function dataCheckCommand(
  folder: string,
  { exclude, json }: DataCheckOptions,
  output: Output,
): Promise<boolean> {
  const report = await checkPictures(folder, { onProgress: tenths('checking', output) });
  if (exclude !== undefined) {
    mkdirSync(dirname(exclude), { recursive: true });
    writeFileSync(exclude, exclusionList(report));
  }
  output.result(json ? JSON.stringify(report) : summary(report));
  return report.broken.length === 0;
}

function summary(report: PictureReport): string {
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const sizes = (side: PictureReport['shorterSide']): string =>
    side === undefined ? '' : `${side.smallest} to ${side.largest}, median ${side.median}`;
  const rows = [
    ['pictures', report.pictures],
    ['formats', counts(report.formats)],
    ['modes', counts(report.modes)],
    ['shorter side', sizes(report.shorterSide)],
    ['EXIF orientations', counts(report.orientations)],
    ['decoding', describeDecisions(report.decisions) || 'as they are'],
    ['broken', report.broken.length],
    ['of one colour', report.constant.length],
    ['tiny', report.tiny.length],
    ['groups of copies', report.duplicates.length],
    ['groups that look alike', report.nearDuplicates.length],
    ['named after another format', report.misnamed.length],
  ].map((row) => row.map(String));
  const broken = report.broken.map(({ id, message }) => `${id}: ${message}`);
  return [textTable(['finding', ''], rows), ...broken, ...report.warnings].join('\n');
}

export interface DataFetchOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Fetches a public data set, or lists those that can be fetched. */
export async function dataFetchCommand(
  name: string | undefined,
  { out, json }: DataFetchOptions,
  output: Output,
): Promise<void> {
  if (name === undefined) {
    const rows = Object.entries(PUBLIC_DATASETS).map(([key, { title, files }]) => [
      key,
      title,
      `${Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)} MB`,
    ]);
    output.result(json ? JSON.stringify(PUBLIC_DATASETS) : textTable(['name', 'data set', 'size'], rows));
    return;
  }
  const { folder } = await fetchDataset(name, out ?? name, {
    onNotice: ({ title, homepage, licence, bytes }) =>
      output.log(`${title}, ${Math.round(bytes / 1e6)} MB, ${homepage}\n${licence}`),
    onProgress: progressOf(output),
  });
  output.result(json ? JSON.stringify({ name, folder }) : folder);
}

/** A line for every tenth of a file. */
function progressOf(output: Output): (progress: FetchProgress) => void {
  let told = '';
  return ({ stage, file, bytes, total }) => {
    const tenth = total ? ` ${Math.floor((10 * bytes) / total) * 10} %` : '';
    const text = `${stage} ${file}${tenth}`;
    if (text !== told) output.log(text);
    told = text;
  };
}
