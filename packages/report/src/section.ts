import { type Content, type Fragment, markup } from './fragment.ts';

/** A part of a page under a heading. */
export function section(title: string, ...content: Content[]): Fragment {
  return markup`<section><h2>${title}</h2>${content}</section>`;
}

/** A paragraph. */
export function paragraph(...content: Content[]): Fragment {
  return markup`<p>${content}</p>`;
}

/** Text with its line breaks and spaces kept, in a fixed-width face: settings, logs. */
export function preformatted(text: string): Fragment {
  return markup`<pre>${text}</pre>`;
}

/** A paragraph that stands out, for what a reader must not miss. */
export function warning(...content: Content[]): Fragment {
  return markup`<p class="warning" role="note">${content}</p>`;
}
