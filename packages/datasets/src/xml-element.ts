import { badAnnotation } from './annotation-error.ts';

/**
 * Contents of all elements of that name, in order. Made for the annotation files of Pascal VOC and ImageNet, which have neither
 * attributes nor entities and do not nest elements of one name.
 */
export function xmlElements(xml: string, tag: string): string[] {
  const contents: string[] = [];
  const [opening, closing] = [`<${tag}>`, `</${tag}>`];
  for (let at = xml.indexOf(opening); at >= 0; at = xml.indexOf(opening, at)) {
    const end = xml.indexOf(closing, at);
    if (end < 0) break;
    contents.push(xml.slice(at + opening.length, end));
    at = end + closing.length;
  }
  return contents;
}

/** Trimmed text of the first element of that name. */
export function xmlElement(xml: string, tag: string): string | undefined {
  const opening = `<${tag}>`;
  const start = xml.indexOf(opening);
  const end = start < 0 ? -1 : xml.indexOf(`</${tag}>`, start);
  return end < 0 ? undefined : xml.slice(start + opening.length, end).trim();
}

/** The number in the first element of that name. @throws SceneError `BAD_ANNOTATION` */
export function xmlNumber(xml: string, tag: string, file: string, place: string): number {
  const value = xmlElement(xml, tag);
  const number = Number(value);
  if (value !== undefined && value !== '' && Number.isFinite(number)) return number;
  throw badAnnotation(file, `${place}, ${tag}`, 'a number', value);
}

/** The text without its comments. */
export function withoutXmlComments(xml: string): string {
  let result = '';
  let at = 0;
  for (let start = xml.indexOf('<!--'); start >= 0; start = xml.indexOf('<!--', at)) {
    result += xml.slice(at, start);
    const end = xml.indexOf('-->', start);
    if (end < 0) return result;
    at = end + 3;
  }
  return result + xml.slice(at);
}
