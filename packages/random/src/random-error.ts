/** The mark by which `isSceneError` of `@ssl-scene/errors` knows the family; this package has no dependency, so it sets it itself. */
const FAMILY = Symbol.for('ssl-scene.error');

/** What an error says, in the order in which its message says it. */
export interface RandomErrorDetails {
  /** Machine-readable, UPPER_SNAKE, stable across releases; for example `BAD_SHAPE`. */
  readonly code: string;
  /** What would have been right. */
  readonly expected: string;
  /** What was there, the offending value included. */
  readonly found: string;
  /** The function and argument concerned. */
  readonly where: string;
  /** What the caller can do about it, as an imperative sentence. */
  readonly fix: string;
}

/** The error of this package: same fields and message as `SceneError`, and recognised by `isSceneError`. */
export class RandomError extends Error implements RandomErrorDetails {
  readonly code: string;
  readonly expected: string;
  readonly found: string;
  readonly where: string;
  readonly fix: string;

  constructor(details: RandomErrorDetails) {
    const { code, expected, found, where, fix } = details;
    super(`${code}: expected ${expected}, found ${found} (${where}). ${fix}`);
    this.name = 'RandomError';
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.where = where;
    this.fix = fix;
    Object.defineProperty(this, FAMILY, { value: true });
  }
}
