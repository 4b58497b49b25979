/**
 * The elements of a page in their order, read by the strict rules that this package promises: quoted attributes, balanced
 * tags, and no bare `<` or `&` in text. Throws at the first breach.
 */
export function elementsOf(html: string): { name: string; attributes: Record<string, string> }[] {
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const token = /<!DOCTYPE html>|<\/([a-z0-9]+)>|<([a-z0-9]+)((?:\s+[A-Za-z:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  for (let match = token.exec(html); match !== null; match = token.exec(html)) {
    const [whole, closing, opening, attributes, selfClosing, text] = match;
    if (closing !== undefined && open.pop() !== closing) throw new Error(`unbalanced ${whole}`);
    if (text !== undefined && open.at(-1) !== 'style' && /&(?!(amp|lt|gt|quot|#39);)/.test(text)) {
      throw new Error(`bare & in ${text}`);
    }
    if (opening !== undefined) {
      const pairs = [...attributes!.matchAll(/([A-Za-z:-]+)="([^"]*)"/g)];
      elements.push({ name: opening, attributes: Object.fromEntries(pairs.map((pair) => [pair[1]!, pair[2]!])) });
      if (selfClosing !== '/' && opening !== 'meta') open.push(opening);
    }
    if (token.lastIndex === html.length) {
      if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`);
      return elements;
    }
  }
  throw new Error('not well formed');
}
