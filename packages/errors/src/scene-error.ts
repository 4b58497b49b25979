/** Identifies the family across copies of this package, where `instanceof` would fail. */
const FAMILY = Symbol.for('ssl-scene.error');

/** What an error of the family says, in the order in which its message says it. */
export interface SceneErrorDetails {
  /** Machine-readable, UPPER_SNAKE, stable across releases; for example `TRUNCATED_RECORD`. */
  readonly code: string;
  /** What would have been right; for example `a whole number of 3073-byte records`. */
  readonly expected: string;
  /** What was there, the offending value included; for example `61 bytes after record 4`. */
  readonly found: string;
  /** The file, option, argument, tensor or step concerned. */
  readonly where: string;
  /** What the reader of the message can do about it, as an imperative sentence. */
  readonly fix: string;
  /** The error underneath, where there is one. */
  readonly cause?: unknown;
}

/**
 * The one class of errors that ssl-scene throws on purpose. Its message holds all details, so that a log line is enough;
 * programs read the fields.
 */
export class SceneError extends Error implements SceneErrorDetails {
  readonly code: string;
  readonly expected: string;
  readonly found: string;
  readonly where: string;
  readonly fix: string;

  constructor(details: SceneErrorDetails) {
    const { code, expected, found, where, fix, cause } = details;
    super(
      `${code}: expected ${expected}, found ${found} (${where}). ${fix}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'SceneError';
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.where = where;
    this.fix = fix;
    Object.defineProperty(this, FAMILY, { value: true });
  }
}

/** Whether `error` belongs to the family, whichever copy of this package made it. */
export function isSceneError(error: unknown): error is SceneError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[FAMILY] === true;
}
