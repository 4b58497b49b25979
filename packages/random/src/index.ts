export { philox4x32 } from './philox.ts';
export { RandomError, type RandomErrorDetails } from './random-error.ts';
export { RandomStream, randomStream } from './random-stream.ts';
export type { KeyPart } from './stream-key.ts';
export { uniform53 } from './uniform.ts';
