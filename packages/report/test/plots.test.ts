import { countBins, heatColour, heatPicture, histogram, linePlot, numberText, pictureFrame } from '@ssl-scene/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementsOf } from './well-formed.ts';

// Numbers that a run can produce; axes of denormal numbers are out of scope.
const finite = fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000);

function lineOf(html: string): string {
  const line = elementsOf(html).find(({ name, attributes }) => name === 'path' && attributes.class === 'line');
  return line?.attributes.d ?? '';
}

describe('linePlot', () => {
  it('places points by hand-computed positions', () => {
    const { source } = linePlot([{ name: 'a', x: [0, 10], y: [0, 1] }], { width: 640, height: 320 });
    // Left margin: 14 + 3 characters ("0.2") * 6.6; right 16; top 12; bottom 28.
    expect(lineOf(source)).toBe('M33.8 292L624 12');
  });

  it('keeps every mark inside the picture whatever the data', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (y) => {
        const { source } = linePlot([{ name: 'a', y }]);
        for (const { name, attributes } of elementsOf(source)) {
          if (name !== 'circle') continue;
          expect(Number(attributes.cx)).toBeGreaterThanOrEqual(0);
          expect(Number(attributes.cx)).toBeLessThanOrEqual(640);
          expect(Number(attributes.cy)).toBeGreaterThanOrEqual(0);
          expect(Number(attributes.cy)).toBeLessThanOrEqual(320);
        }
      }),
    );
  });

  it('breaks the line at values that are not finite and says how many', () => {
    const { source } = linePlot([{ name: 'loss', y: [3, 2, Number.NaN, 1, 0.5] }]);
    expect(lineOf(source).match(/M/g)).toHaveLength(2);
    expect(source).toContain('1 value is not finite and left out.');
  });

  it('thins dense series without losing a peak', () => {
    const y = Array.from({ length: 50_000 }, (_, i) => Math.sin(i / 4000));
    y[31_234] = 9;
    const { source } = linePlot([{ name: 'a', y }]);
    expect(lineOf(source).match(/L/g)!.length).toBeLessThan(1400);
    expect(lineOf(source)).toMatch(/L[\d.]+ 35\.3L/); // 9 on an axis from -2 to 10
  });

  it('labels decades on a logarithmic axis and refuses what has no logarithm', () => {
    const { source } = linePlot([{ name: 'lr', y: [0.5, 0.002] }], { yScale: 'log' });
    for (const label of ['>0.001<', '>0.01<', '>0.1<', '>1<']) expect(source).toContain(label);
    expect(() => linePlot([{ name: 'lr', y: [0.5, 0] }], { yScale: 'log' })).toThrow(
      /above 0 on a logarithmic axis.*found 0/,
    );
  });

  it('refuses nothing to draw and unequal lengths', () => {
    expect(() => linePlot([{ name: 'a', y: [Number.NaN] }])).toThrow(/at least one finite point/);
    expect(() => linePlot([{ name: 'a', x: [1], y: [1, 2] }])).toThrow(/series "a"/);
  });

  it('draws constants and single points', () => {
    expect(elementsOf(linePlot([{ name: 'a', y: [0] }]).source).filter(({ name }) => name === 'circle')).toHaveLength(
      1,
    );
    expect(lineOf(linePlot([{ name: 'a', y: [5, 5] }]).source)).toMatch(/^M[\d.]+ ([\d.]+)L[\d.]+ \1$/);
  });
});

describe('histogram', () => {
  it('counts as NumPy does: half-open bins, the last one closed', () => {
    // numpy.histogram([0, 0.5, 1, 1, 2, 3], bins=3, range=(0, 3)) = [2, 2, 2]
    expect([...countBins([0, 0.5, 1, 1, 2, 3], { bins: 3, range: [0, 3] }).counts]).toEqual([2, 2, 2]);
    expect(countBins([-1, 4, Number.NaN, 1], { bins: 3, range: [0, 3] }).outside).toBe(3);
  });

  it('equals a loop over the edges for every list', () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 30 }),
        (values, bins) => {
          const { edges, counts, outside } = countBins(values, { bins });
          const expected = Array.from(
            { length: bins },
            (_, bin) =>
              values.filter((v) => v >= edges[bin]! && (v < edges[bin + 1]! || (bin === bins - 1 && v <= edges[bins]!)))
                .length,
          );
          expect([...counts]).toEqual(expected);
          expect(outside).toBe(0);
        },
      ),
    );
  });

  it('says how many values fell outside', () => {
    expect(histogram([0, 1, 5], { range: [0, 1] }).source).toContain('1 of 3 values lie outside.');
    expect(() => histogram([], {})).toThrow(/at least one finite value/);
    expect(() => histogram([1], { range: [2, 2] })).toThrow(/two ascending numbers/);
  });
});

describe('pictures', () => {
  const picture = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 3) };

  it('draws boxes in pixels and relative to the picture at the same place', () => {
    const pixels = pictureFrame(picture, { overlays: [{ box: { x0: 20, y0: 10, x1: 120, y1: 60 } }] }).source;
    const relative = pictureFrame(picture, {
      overlays: [{ box: { x0: 0.1, y0: 0.1, x1: 0.6, y1: 0.6 }, unit: 'relative' }],
    }).source;
    expect(relative).toBe(pixels);
    expect(pixels).toContain('x="20" y="10" width="100" height="50"');
  });

  it('refuses boxes that are inside out', () => {
    const overlays = [{ box: { x0: 5, y0: 0, x1: 1, y1: 1 } }];
    expect(() => pictureFrame(picture, { overlays })).toThrow(/x0 <= x1/);
  });

  it('colours a heat map from transparent to bright', () => {
    const { data } = heatPicture({ width: 3, height: 1, data: Uint8Array.of(10, 20, 30) }, 0.8);
    expect([...data.subarray(0, 4)]).toEqual([...heatColour(0), 0]);
    expect([...data.subarray(8)]).toEqual([...heatColour(1), 204]);
    expect(data[7]).toBe(Math.round(255 * 0.8 * Math.SQRT1_2));
  });

  it('lays a constant heat map evenly and refuses a non-finite one', () => {
    const { data } = heatPicture({ width: 2, height: 1, data: Float32Array.of(7, 7) });
    expect(data.subarray(0, 4)).toEqual(data.subarray(4));
    expect(() => heatPicture({ width: 1, height: 1, data: Float32Array.of(Number.NaN) })).toThrow(/finite values/);
    expect(() => heatPicture({ width: 2, height: 2, data: Float32Array.of(1) })).toThrow(/4 values for 2 x 2/);
  });
});

describe('numberText', () => {
  it.each([
    [0, '0'],
    [12, '12'],
    [-Math.PI, '−3.142'],
    [41.2, '41.2'],
    [0.0000123456, '1.235e−5'],
    [123456789, '1.235e8'],
    [Number.NaN, '–'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('%d reads %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });
});
