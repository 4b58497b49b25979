import { type Content, Fragment, markup } from './fragment.ts';
import { PAGE_STYLE } from './page-style.ts';

/** Options of `page`. */
export interface PageOptions {
  /** Title of the page and of the browser's tab. */
  readonly title: string;
  /** A line under the title. Default: none. */
  readonly subtitle?: string;
  /** A line at the end, for example how to make the page again. Default: none. */
  readonly footer?: string;
  /** Language of the text (BCP 47). Default: `en`. */
  readonly language?: string;
}

/** Nothing may be loaded and nothing may run: the page holds all it shows, and a slip in escaping stays harmless. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** A whole HTML document with its style and pictures inside; write it to a file and open it anywhere. */
export function page(options: PageOptions, ...content: Content[]): string {
  const { title, subtitle, footer, language = 'en' } = options;
  const below = subtitle === undefined ? '' : markup`<p class="subtitle">${subtitle}</p>`;
  const end = footer === undefined ? '' : markup`<footer><p>${footer}</p></footer>`;
  const document = markup`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Fragment(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Fragment(PAGE_STYLE)}</style>
</head>
<body>
<main>
<header><h1>${title}</h1>${below}</header>
${content}
${end}
</main>
</body>
</html>
`;
  return document.source;
}
