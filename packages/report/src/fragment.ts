/** Finished markup. Only this package's functions and `markup` make it, so plain strings always stay text. */
export class Fragment {
  /** HTML or SVG source, safe to place in the body of a page. */
  readonly source: string;

  /** @internal */
  constructor(source: string) {
    this.source = source;
  }
}

/** Anything that can be put on a page: text (escaped), numbers, finished markup, or lists of these. */
export type Content = Fragment | string | number | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Characters that neither HTML nor XML can carry, not even escaped: control codes and lone halves of surrogate pairs.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be found
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as it must stand between tags or inside a quoted attribute; unprintable characters become U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** The source of any content, text escaped. */
export function render(content: Content): string {
  if (content instanceof Fragment) return content.source;
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return escapeText(String(content));
  return content.map(render).join('');
}

/**
 * Template tag for markup of one's own: the template's text is taken as HTML, everything interpolated is escaped unless
 * it is a `Fragment` already. Attributes must be quoted in the template.
 */
export function markup(template: TemplateStringsArray, ...values: Content[]): Fragment {
  let source = template[0]!;
  for (const [index, value] of values.entries()) source += render(value) + template[index + 1]!;
  return new Fragment(source);
}
