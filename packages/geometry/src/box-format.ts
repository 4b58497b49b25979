import { closest, SceneError } from '@ssl-scene/errors';
import { type Box, toPixelBox, toRelativeBox } from './box.ts';
import { type BoxList, boxAt, boxCount } from './box-list.ts';

/**
 * The four numbers of a box, in order:
 * - `xyxy`: x0, y0, x1, y1 (this package's own)
 * - `xywh`: x0, y0, width, height (COCO)
 * - `cxcywh`: centre x, centre y, width, height
 * - `relative-xyxy`: x0, y0, x1, y1 divided by the image's width and height
 * - `relative-yxyx`: y0, x0, y1, x1 divided likewise (ContrastiveCrop's checkpoints)
 */
export type BoxFormat = 'xyxy' | 'xywh' | 'cxcywh' | 'relative-xyxy' | 'relative-yxyx';

/** What a conversion from or to a relative format needs. */
export interface BoxFormatOptions {
  /** Width of the image in pixels; no default. */
  readonly width?: number;
  /** Height of the image in pixels; no default. */
  readonly height?: number;
}

type Numbers = readonly [number, number, number, number];

interface Format {
  readonly relative: boolean;
  read(numbers: Numbers): Box;
  write(box: Box): Numbers;
}

const FORMATS: Readonly<Record<BoxFormat, Format>> = {
  xyxy: { relative: false, read: readCorners, write: writeCorners },
  xywh: {
    relative: false,
    read: ([x, y, width, height]) => ({ x0: x, y0: y, x1: x + width, y1: y + height }),
    write: ({ x0, y0, x1, y1 }) => [x0, y0, x1 - x0, y1 - y0],
  },
  cxcywh: {
    relative: false,
    read: ([x, y, width, height]) => ({
      x0: x - width / 2,
      y0: y - height / 2,
      x1: x + width / 2,
      y1: y + height / 2,
    }),
    write: ({ x0, y0, x1, y1 }) => [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0],
  },
  'relative-xyxy': { relative: true, read: readCorners, write: writeCorners },
  'relative-yxyx': {
    relative: true,
    read: ([y0, x0, y1, x1]) => ({ x0, y0, x1, y1 }),
    write: ({ x0, y0, x1, y1 }) => [y0, x0, y1, x1],
  },
};

/**
 * A list of boxes in another format. Formats are those of `BoxFormat`; a change between pixels and relative edges needs the
 * image's size. Equal formats give a copy.
 *
 * @throws SceneError `UNKNOWN_BOX_FORMAT`, `BAD_BOX_LIST`, `MISSING_IMAGE_SIZE`
 */
export function convertBoxes(
  boxes: BoxList,
  from: BoxFormat,
  to: BoxFormat,
  options: BoxFormatOptions = {},
): Float64Array {
  const source = formatNamed(from);
  const target = formatNamed(to);
  const count = boxCount(boxes, 'convertBoxes');
  if (from === to) return Float64Array.from(boxes);
  const resize = resizing(source, target, options);
  const converted = new Float64Array(4 * count);
  for (let i = 0; i < count; i++) {
    const { x0, y0, x1, y1 } = boxAt(boxes, i);
    converted.set(target.write(resize(source.read([x0, y0, x1, y1]))), 4 * i);
  }
  return converted;
}

function readCorners([x0, y0, x1, y1]: Numbers): Box {
  return { x0, y0, x1, y1 };
}

function writeCorners({ x0, y0, x1, y1 }: Box): Numbers {
  return [x0, y0, x1, y1];
}

function formatNamed(name: BoxFormat): Format {
  const names = Object.keys(FORMATS);
  if (names.includes(name)) return FORMATS[name];
  const suggestion = closest(name, names);
  throw new SceneError({
    code: 'UNKNOWN_BOX_FORMAT',
    expected: `one of ${names.join(', ')}`,
    found: `"${name}"`,
    where: 'convertBoxes',
    fix: suggestion === undefined ? 'Use one of the names.' : `Did you mean "${suggestion}"?`,
  });
}

function resizing(source: Format, target: Format, { width, height }: BoxFormatOptions): (box: Box) => Box {
  if (source.relative === target.relative) return (box) => box;
  if (width === undefined || height === undefined || !(width > 0) || !(height > 0)) {
    throw new SceneError({
      code: 'MISSING_IMAGE_SIZE',
      expected: 'the width and height of the image, above 0, where pixels become relative or the reverse',
      found: `width ${width}, height ${height}`,
      where: 'convertBoxes',
      fix: 'Pass { width, height } as the last argument.',
    });
  }
  return target.relative ? (box) => toRelativeBox(box, width, height) : (box) => toPixelBox(box, width, height);
}
