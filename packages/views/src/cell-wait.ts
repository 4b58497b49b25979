/// <reference lib="es2024.sharedmemory" />

/** Resolves when a cell no longer holds `value`, or when it is notified; the caller looks again. */
export async function cellChange(cells: Int32Array, cell: number, value: number): Promise<void> {
  const wait = Atomics.waitAsync(cells, cell, value);
  if (wait.async) await wait.value;
}

/**
 * Awaits a promise with the process kept alive. Neither a wait on a cell nor a worker that was `unref`ed does that, and Node would
 * end in the middle of an `await`.
 */
export async function whileAlive<T>(promise: Promise<T>): Promise<T> {
  const reminder = setInterval(() => {}, 2 ** 30);
  try {
    return await promise;
  } finally {
    clearInterval(reminder);
  }
}
