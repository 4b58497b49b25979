import {
  histogram,
  linePlot,
  markup,
  page,
  paragraph,
  pictureFrame,
  pictureGrid,
  preformatted,
  section,
  table,
  warning,
} from '@ssl-scene/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementsOf } from './well-formed.ts';

const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };

/** A page in which one text stands in every place that takes text. */
function pageWith(text: string): string {
  return page(
    { title: text, subtitle: text, footer: text, language: text },
    text,
    section(text, paragraph(text, [text]), preformatted(text), warning(text), markup`<p title="${text}">${text}</p>`),
    linePlot(
      [
        { name: text, y: [1, 2] },
        { name: text, y: [2, 1] },
      ],
      { title: text, xLabel: text, yLabel: text },
    ),
    histogram([1, 2], { title: text, xLabel: text, yLabel: text }),
    pictureGrid(
      [pictureFrame(picture, { caption: text, overlays: [{ box: { x0: 0, y0: 0, x1: 1, y1: 1 }, label: text }] })],
      { key: { 0: text } },
    ),
    table([text, text], [[text, 1]], { caption: text }),
  );
}

const elementNames = (text: string): string[] => elementsOf(pageWith(text)).map((element) => element.name);

describe('page', () => {
  it('escapes text everywhere: no text changes the elements of a page', () => {
    const expected = elementNames('plain');
    const nasty = fc.string({
      unit: fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '&',
        '/',
        '`',
        '$',
        '{',
        'script',
        '-->',
        ']]>',
        '\u0000',
        '\ud800',
        ' ',
      ),
    });
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
        expect(elementNames(text)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('shows the text it was given', () => {
    expect(pageWith('a < b & "c"')).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
    expect(pageWith('\u0000x')).toContain('<title>\ufffdx</title>');
  });

  it('loads nothing: pictures are data addresses, and the policy forbids the rest', () => {
    const html = pageWith('x');
    for (const { name, attributes } of elementsOf(html)) {
      expect(['script', 'link', 'iframe', 'object', 'a', 'img']).not.toContain(name);
      expect(Object.keys(attributes).filter((key) => key.startsWith('on') || key === 'src')).toEqual([]);
      if (attributes.href !== undefined) expect(attributes.href).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/=]+$/);
    }
    expect(html).toContain("default-src 'none'; img-src data:");
    expect(html).not.toMatch(/url\(|@import/);
  });

  it('takes finished markup as it is', () => {
    expect(page({ title: 't' }, markup`<em>${'<b>'}</em>`)).toContain('<em>&lt;b&gt;</em>');
  });
});

describe('table', () => {
  it('right-aligns columns of numbers and shortens them', () => {
    const { source } = table(
      ['name', 'accuracy'],
      [
        ['a', 41.23456],
        ['b', 0.00001234],
      ],
    );
    expect(source).toContain('<th scope="col" class="text">name</th><th scope="col" class="number">accuracy</th>');
    expect(source).toContain('<td class="number">41.23</td>');
    expect(source).toContain('<td class="number">1.234e−5</td>');
  });

  it('refuses a row of the wrong length, naming it', () => {
    expect(() => table(['a', 'b'], [[1, 2], [1]])).toThrow(/row 1 of table.*Fill missing cells/);
  });
});
