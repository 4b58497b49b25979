import { closest, SceneError } from '@ssl-scene/errors';
import { z } from 'zod';
import { type Config, configSchema } from './config.ts';

/** Checks a configuration and fills in defaults; unknown keys are errors with a suggestion. */
export function parseConfig(value: unknown, where: string): Config {
  return checkAgainst(configSchema, value, where);
}

/** Checks a value against a schema of configurations, as {@link parseConfig} does. */
export function checkAgainst<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // A misspelled key often makes another one missing; the misspelling is what helps.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const near = closest(key, keysAt(schema, issue.path, value));
    throw new SceneError({
      code: 'UNKNOWN_KEY',
      expected: `a key that ${path === '' ? 'a configuration' : `"${path}"`} has`,
      found: JSON.stringify(key),
      where,
      fix: near ? `Did you mean "${near}"?` : 'Remove it; `ssl-scene presets --schema` lists all keys.',
    });
  }
  throw new SceneError({
    code: 'CONFIG_VALUE',
    expected: issue.message.replace(/^Invalid input: expected /, ''),
    found: describeValue(valueAt(value, issue.path)),
    where: `${where}: ${path || 'the whole file'}`,
    fix: 'Correct the value; `ssl-scene presets --schema` describes every key.',
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function describeValue(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Keys that the schema allows at a path; in a union, those of the variant that the value chose. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let current: z.ZodType = schema;
  let inner: unknown = value;
  for (const key of path) {
    current = child(unwrap(current, inner), key);
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  const object = unwrap(current, inner);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: z.ZodType, value: unknown): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrap(schema.unwrap() as z.ZodType, value);
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const kind = (value as { kind?: unknown } | undefined)?.kind;
  const chosen = schema.options.find((option) => {
    const { kind: literal } = (option as z.ZodObject).shape as { kind?: z.ZodLiteral };
    return literal?.value === kind;
  });
  return (chosen ?? schema.options[0]) as z.ZodType;
}

function child(schema: z.ZodType, key: PropertyKey): z.ZodType {
  if (schema instanceof z.ZodObject) return schema.shape[key as string] as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema;
}
