import { join, resolve } from 'node:path';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { readDataFile, requireFolder } from './data-path.ts';
import type { TinyImagenetSource } from './dataset-source.ts';
import type { ImageDataset, LabelledBox } from './image-dataset.ts';
import { pictureFiles } from './picture-files.ts';

const SIDE = 64;

interface Picture {
  /** Path relative to the root, with `/`. */
  readonly path: string;
  readonly label: number;
  readonly boxes: readonly LabelledBox[];
}

/**
 * Opens Tiny ImageNet in its official layout. Classes follow `wnids.txt`, images the annotation files. Each image has one box,
 * stored as first and last pixel; a box of no width or height (there are some) is left out and counted in `warnings`.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with file and line
 */
export function openTinyImagenet(source: TinyImagenetSource): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const wnids = tableOf(join(root, 'wnids.txt'), 1).map(([wnid]) => wnid!);
  const words = new Map(tableOf(join(root, 'words.txt'), 2).map(([wnid, word]) => [wnid!, word!]));
  const split = source.split ?? 'train';
  const tally = { dropped: 0 };
  const pictures = split === 'train' ? readTrain(root, wnids, tally) : readValidation(root, wnids, tally);

  const name = `Tiny ImageNet ${split}`;
  const ids = pictures.map(({ path }) => path);
  const picture = (index: number): Picture => {
    checkIndex(index, pictures.length, name);
    return pictures[index]!;
  };
  return {
    ...pictureFiles(name, ids, (index) => join(root, ids[index]!), source.decode),
    name,
    source: { ...source, root },
    classNames: wnids.map((wnid) => words.get(wnid) ?? wnid),
    warnings: tally.dropped === 0 ? [] : [`${tally.dropped} boxes without area were left out.`],
    label: (index: number) => picture(index).label,
    boxes: (index: number) => picture(index).boxes,
    size(index: number) {
      picture(index);
      return { width: SIDE, height: SIDE };
    },
  };
}

function readTrain(root: string, wnids: readonly string[], tally: { dropped: number }): Picture[] {
  return wnids.flatMap((wnid, label) => {
    const file = join(root, 'train', wnid, `${wnid}_boxes.txt`);
    return tableOf(file, 5).map(([name, ...edges], line) => ({
      path: `train/${wnid}/images/${name}`,
      label,
      boxes: readBox(edges, label, file, line, tally),
    }));
  });
}

function readValidation(root: string, wnids: readonly string[], tally: { dropped: number }): Picture[] {
  const labels = new Map(wnids.map((wnid, label) => [wnid, label]));
  const file = join(root, 'val', 'val_annotations.txt');
  return tableOf(file, 6).map(([name, wnid, ...edges], line) => {
    const label = labels.get(wnid!);
    if (label === undefined) throw badAnnotation(file, `line ${line + 1}`, 'a class of wnids.txt', wnid);
    return { path: `val/images/${name}`, label, boxes: readBox(edges, label, file, line, tally) };
  });
}

function readBox(
  edges: readonly string[],
  label: number,
  file: string,
  line: number,
  tally: { dropped: number },
): LabelledBox[] {
  const [x0, y0, lastX, lastY] = edges.map(Number);
  if (edges.some((edge) => !/^\d+$/.test(edge))) {
    throw badAnnotation(file, `line ${line + 1}`, 'four whole numbers: x0, y0, x1, y1', edges.join(' '));
  }
  if (lastX! <= x0! || lastY! <= y0!) {
    tally.dropped++;
    return [];
  }
  return [{ x0: x0!, y0: y0!, x1: lastX! + 1, y1: lastY! + 1, label }];
}

/** The lines of a file, split at tabs into so many columns. */
function tableOf(file: string, columns: number): string[][] {
  const lines = new TextDecoder().decode(readDataFile(file)).split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines.map((line, i) => {
    const cells = line.split('\t').map((cell) => cell.trim());
    if (cells.length === columns && cells[0] !== '') return cells;
    throw badAnnotation(file, `line ${i + 1}`, `${columns} columns`, line);
  });
}
