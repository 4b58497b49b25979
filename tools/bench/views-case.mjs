/** The two-view pipelines that are compared. `images` are read once a step. */
export const SMALL_CASES = [
  { name: 'two views, 32 px, CIFAR in memory', size: 32, images: 4096, batch: 256, blur: 0, workers: 1 },
  { name: 'two views with blur, 32 px, CIFAR in memory', size: 32, images: 4096, batch: 256, blur: 3, workers: 1 },
];

/** SimCLR's pipeline for photos, its blur of 23 taps included, by one and by two workers. */
export const PHOTO_CASES = [1, 2].map((workers) => ({
  name: `two views, 224 px, ${workers} worker${workers > 1 ? 's' : ''}`,
  size: 224,
  batch: 16,
  blur: 23,
  workers,
}));
