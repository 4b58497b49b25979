// Runs with the condition @ssl-scene/source and tsx. Argument: where to write why it failed.
import { rmSync, writeFileSync } from 'node:fs';
import { installNative, progressPrinter } from '../../packages/native/src/index.ts';

const [failurePath] = process.argv.slice(2);
rmSync(failurePath, { force: true });

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());

try {
  await installNative({ onProgress: progressPrinter(process.stderr), signal: stop.signal });
} catch (error) {
  writeFileSync(failurePath, JSON.stringify({ code: error.code ?? 'UNKNOWN', message: error.message }));
  process.exitCode = 1;
}
