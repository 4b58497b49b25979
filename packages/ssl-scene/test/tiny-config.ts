/** A configuration whose run takes a second or two, as the text of a file: YAML, of which JSON is a part. */
export function tinyConfig(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    extends: 'testbed',
    data: { images: 48, bankImages: 40, testImages: 20, size: 24, classes: 2 },
    backbone: { width: 4 },
    views: { size: 16 },
    training: { epochs: 2, batchSize: 16, workers: 1 },
    evaluation: { neighbours: 5 },
    ...changes,
  });
}
