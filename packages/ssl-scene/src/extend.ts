type Section = Record<string, unknown>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A configuration's sections laid over another's: values and lists replace the old ones, sections are joined key by key.
 * A section of another `kind` replaces the old one as a whole, since keys of one kind mean nothing to another.
 */
export function extend(base: unknown, changes: unknown): unknown {
  if (!isSection(base) || !isSection(changes)) return changes;
  if (changes.kind !== undefined && changes.kind !== base.kind) return changes;
  const joined: Section = { ...base };
  for (const [key, value] of Object.entries(changes)) joined[key] = key in base ? extend(base[key], value) : value;
  return joined;
}
