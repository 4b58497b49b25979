import { badAnnotation } from './annotation-error.ts';
import { readDataFile } from './data-path.ts';

/** An object of a JSON file, its fields not yet checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a JSON file holds. @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` */
export function readJsonFile(file: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readDataFile(file)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badAnnotation(file, 'the whole file', 'JSON', error.message);
  }
  return jsonObject(json, 'the whole file', file);
}

export function jsonObject(value: unknown, place: string, file: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw badAnnotation(file, place, 'an object', value);
}

export function jsonList(json: JsonObject, key: string, file: string): readonly unknown[] {
  const value = json[key];
  if (Array.isArray(value)) return value;
  throw badAnnotation(file, key, 'a list', value);
}

export function jsonNumber(value: unknown, place: string, file: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badAnnotation(file, place, 'a number', value);
}

export function jsonText(value: unknown, place: string, file: string): string {
  if (typeof value === 'string') return value;
  throw badAnnotation(file, place, 'a text', value);
}
