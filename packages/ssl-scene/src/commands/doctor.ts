import { availableParallelism, totalmem } from 'node:os';
import { nativeStatus } from '@ssl-scene/native';
import { probeKernels, useBackend } from '@ssl-scene/tensors';
import { type Output, textTable } from '../output.ts';

/** Says which backend runs here, why not a faster one, and whether every kernel works on it. */
export async function doctorCommand({ json }: { readonly json?: boolean }, output: Output): Promise<boolean> {
  const report = await useBackend();
  const probes = probeKernels();
  const status = await nativeStatus();
  const threads = availableParallelism();
  const memory = Math.round(totalmem() / 2 ** 30);
  const healthy = probes.every(({ failure }) => failure === undefined);
  if (json) {
    output.result(
      JSON.stringify({ ...report, node: process.version, threads, memoryGiB: memory, probes, native: status }),
    );
    return healthy;
  }
  output.result(`backend   ${report.backend}: ${report.description}`);
  for (const { backend, reason } of report.passedOver) output.result(`          not ${backend}: ${reason}`);
  output.result(
    `machine   Node ${process.version}, ${process.platform} ${process.arch}, ${threads} threads, ${memory} GiB`,
  );
  output.result('');
  output.result(
    textTable(
      ['kernel with gradient', 'works'],
      probes.map(({ kernel, failure }) => [kernel, failure ?? 'yes']),
    ),
  );
  if (report.backend !== 'native') {
    output.result('\nFor the native backend, which runs a step as one TensorFlow graph: ssl-scene native install');
  }
  return healthy;
}
