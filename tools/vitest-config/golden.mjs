import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

// Reference values and real images live beside a developer's checkout; a user's clone has neither, and tests skip there.
const shared = process.env.SSL_SCENE_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

const existing = (path) => (existsSync(path) ? path : undefined);

/** Path of a file under the golden folder, or undefined where it is absent. */
export const goldenFile = (name) => existing(`${shared}/golden/${name}`);

/** Path of a file or folder under the data folder, or undefined where it is absent. */
export const sharedData = (name) => existing(`${shared}/data/${name}`);

const resolveReferences = (value, inputs) => {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, inputs));
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.$ref === 'string') return inputs[value.$ref];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveReferences(item, inputs)]));
};

/** The cases of a golden topic with `$ref` arguments filled in, or undefined where the file is absent. */
export const loadGolden = (topic) => {
  const path = goldenFile(`${topic}.json`);
  if (path === undefined) return undefined;
  const { cases, inputs = {} } = JSON.parse(readFileSync(path, 'utf8'));
  return cases.map((item) => ({ ...item, args: resolveReferences(item.args, inputs) }));
};

/** The cases of one function over several topics; empty where the files are absent (use `describe.skipIf`). */
export const casesOf = (topics, functionName) =>
  [topics].flat().flatMap((topic) => (loadGolden(topic) ?? []).filter((item) => item.function === functionName));

const number = (value) => (typeof value === 'string' ? Number(value) : value);

/** Compares nested arrays, typed arrays, objects and numbers: |got - want| <= abs + rel * |want| everywhere. */
export const expectClose = (got, want, tol, path = 'value') => {
  if (want === null) return;
  if (ArrayBuffer.isView(want) || Array.isArray(want)) {
    expect(got?.length, `length of ${path}`).toBe(want.length);
    for (let i = 0; i < want.length; i++) expectClose(got[i], want[i], tol, `${path}[${i}]`);
    return;
  }
  if (typeof want === 'object') {
    for (const key of Object.keys(want)) expectClose(got?.[key], want[key], tol, `${path}.${key}`);
    return;
  }
  if (typeof want === 'boolean') {
    expect(got, path).toBe(want);
    return;
  }
  const expected = number(want);
  if (!Number.isFinite(expected)) {
    expect(got, path).toBe(expected);
    return;
  }
  const difference = Math.abs(got - expected);
  const limit = (tol?.abs ?? 0) + (tol?.rel ?? 0) * Math.abs(expected);
  expect(difference <= limit, `${path}: got ${got}, want ${expected}, off by ${difference}, allowed ${limit}`).toBe(
    true,
  );
};
