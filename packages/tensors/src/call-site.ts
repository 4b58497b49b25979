/** Files that stand between an operation and the line that asked for it: this package and TensorFlow.js. */
const INSIDE = [/[/\\]@tensorflow[/\\]/, /[/\\]tensors[/\\](src|dist)[/\\]/, /^node:/];

/** The first line of the caller's own code on the stack of `error`, as `file:line:column`; 'unknown' where there is none. */
export function callSite(error: Error): string {
  for (const line of (error.stack ?? '').split('\n').slice(1)) {
    const location = /(?:\(|at )((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (location && !INSIDE.some((pattern) => pattern.test(location))) return location.replace('file://', '');
  }
  return 'unknown';
}

/** Takes the stack now, cheaply; {@link callSite} reads it only if it is wanted. */
export function captureStack(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const error = new Error();
  Error.stackTraceLimit = limit;
  return error;
}
