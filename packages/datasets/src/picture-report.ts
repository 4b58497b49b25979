import type { DecisionCounts } from './decode-decisions.ts';
import { exclusionSection } from './exclusion-list.ts';
import type { ImageFault } from './image-fault.ts';

/** A value of the pictures' sizes, over all that can be read. */
export interface SizeSummary {
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

/** Pictures that are the same, or nearly; ids in the order of the data set. */
export interface PictureGroup {
  readonly ids: readonly string[];
  /** The labels of these pictures, where they are not all the same. */
  readonly labels?: readonly number[];
}

/** What `checkPictures` finds; plain data, so that it can be stored as JSON. */
export interface PictureReport {
  /** Of the form of this report. */
  readonly version: 1;
  readonly name: string;
  /** Number of pictures, the broken ones included. */
  readonly pictures: number;
  /** Bytes of all files, where the pictures are files. */
  readonly bytes?: number;
  /** What the reader of the data set said of it. */
  readonly warnings: readonly string[];
  /** Number of pictures of each class, in the order of the labels, and of those without a label; absent where there are no classes. */
  readonly classes?: {
    readonly names: readonly string[];
    readonly counts: readonly number[];
    readonly unlabelled: number;
  };
  readonly width: SizeSummary | undefined;
  readonly height: SizeSummary | undefined;
  readonly shorterSide: SizeSummary | undefined;
  /** Width over height. */
  readonly aspect: SizeSummary | undefined;
  /** Number of files by format (`jpeg`, `png` …), by colours and depth (`rgb 8`, `grey 16`, `palette 8 with transparency` …), and by EXIF orientation. */
  readonly formats: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  readonly orientations: Readonly<Record<string, number>>;
  /** In how many pictures decoding does what. */
  readonly decisions: DecisionCounts;
  /** Files whose extension names another format than their content. */
  readonly misnamed: readonly { readonly id: string; readonly format: string }[];
  readonly broken: readonly { readonly id: string; readonly code: ImageFault; readonly message: string }[];
  /** Pictures of one colour. */
  readonly constant: readonly { readonly id: string; readonly colour: readonly [number, number, number] }[];
  /** Pictures whose shorter side is below the limit. */
  readonly tiny: readonly { readonly id: string; readonly width: number; readonly height: number }[];
  /** Pictures with the same pixels. */
  readonly duplicates: readonly PictureGroup[];
  /** Pictures that look alike but are not the same: resized, recompressed, retouched ones. */
  readonly nearDuplicates: readonly PictureGroup[];
}

/** Which findings an exclusion list names. */
export interface ExclusionOptions {
  /** Default true. */
  readonly broken?: boolean;
  /** Default true. */
  readonly constant?: boolean;
  /** Default true. */
  readonly tiny?: boolean;
  /** All but the first of each group. Default true. */
  readonly duplicates?: boolean;
  /** All but the first of each group. Default false: look at them first. */
  readonly nearDuplicates?: boolean;
}

/**
 * The text of an exclusion list: the ids of the pictures to leave out, one a line, under comments that say why. Image folders
 * and lists take the file in their option `excludeLists`.
 */
export function exclusionList(report: PictureReport, options: ExclusionOptions = {}): string {
  const { broken = true, constant = true, tiny = true, duplicates = true, nearDuplicates = false } = options;
  const copies = (groups: readonly PictureGroup[]): string[] => groups.flatMap(({ ids }) => ids.slice(1));
  const sections: [string, readonly string[]][] = [
    ['cannot be read', broken ? report.broken.map(({ id }) => id) : []],
    ['one colour', constant ? report.constant.map(({ id }) => id) : []],
    ['tiny', tiny ? report.tiny.map(({ id }) => id) : []],
    ['copies of others', duplicates ? copies(report.duplicates) : []],
    ['nearly copies of others', nearDuplicates ? copies(report.nearDuplicates) : []],
  ];
  const listed = new Set<string>();
  const lines = sections.flatMap(([reason, ids]) => {
    const fresh = [...new Set(ids)].filter((id) => !listed.has(id));
    for (const id of fresh) listed.add(id);
    return exclusionSection(reason, fresh);
  });
  return `# ${listed.size} of ${report.pictures} pictures of ${report.name.replace(/[\r\n]/g, ' ')}\n${lines.map((line) => `${line}\n`).join('')}`;
}
