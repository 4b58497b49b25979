import { boxesToView, MIRRORED_LEFT_RIGHT, sourceToView, viewToSource } from '@ssl-scene/views';
import { casesOf, expectClose, loadGolden } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

/** x, y, width, height. */
type Rectangle = readonly [number, number, number, number];

const edgesOf = ([x, y, width, height]: Rectangle): { x0: number; y0: number; x1: number; y1: number } => ({
  x0: x,
  y0: y,
  x1: x + width,
  y1: y + height,
});

const rectangleOf = ({ x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number }): Rectangle => [
  x0,
  y0,
  x1 - x0,
  y1 - y0,
];

describe.skipIf(loadGolden('correspondence') === undefined)('boxToView (needs shared/golden)', () => {
  it('carries boxes into views and back, and clips them', () => {
    const cases = casesOf('correspondence', 'boxToView');
    expect(cases.length).toBeGreaterThan(0);
    for (const { args, expected, tol } of cases) {
      for (const [i, { crop, box, size, flip }] of args.inputs.entries()) {
        const [x, y, width, height] = crop as Rectangle;
        const mapping = { crop: { x, y, width, height }, flips: flip ? MIRRORED_LEFT_RIGHT : 0, size };
        const inView = sourceToView(edgesOf(box), mapping);
        expectClose(rectangleOf(inView), expected[i].view, tol);
        expectClose(rectangleOf(viewToSource(inView, mapping)), box, { abs: 1e-9 });
        const [seen] = boxesToView([edgesOf(box)], mapping);
        expectClose(seen?.visible ?? 0, expected[i].visible, tol);
        if (expected[i].clipped === null) expect(seen).toBeUndefined();
        else expectClose(rectangleOf(seen!), expected[i].clipped, tol);
      }
    }
  });
});
