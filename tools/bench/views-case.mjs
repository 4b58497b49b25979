/** The two-view pipelines that are compared: SimCLR's for CIFAR, without and with blur. `images` are read once a step. */
export const VIEWS_CASES = [
  { name: 'two views, 32 px, CIFAR in memory', size: 32, images: 4096, batch: 256, blur: false },
  { name: 'two views with blur, 32 px, CIFAR in memory', size: 32, images: 4096, batch: 256, blur: true },
];
