/** The training steps that are compared: SimCLR, plain head, SGD with momentum and weight decay. `batch` counts pairs. */
export const STEP_CASES = [
  { name: 'ResNet-18 width 16, 32 px, batch 32', depth: 18, width: 16, small: true, size: 32, batch: 32, steps: 6 },
  { name: 'ResNet-18 width 64, 32 px, batch 32', depth: 18, width: 64, small: true, size: 32, batch: 32, steps: 3 },
  { name: 'ResNet-18, 224 px, batch 16', depth: 18, width: 64, small: false, size: 224, batch: 16, steps: 2 },
  { name: 'ResNet-50, 224 px, batch 8', depth: 50, width: 64, small: false, size: 224, batch: 8, steps: 2 },
];
