export { defaultCacheDirectory } from './cache.ts';
export { type InstallOptions, type InstallResult, installNative } from './install.ts';
export {
  type FindOptions,
  type FoundNative,
  findNative,
  type LoadedNative,
  loadNative,
  type MissingNative,
  type NativeModule,
} from './load.ts';
export type { FileRecord, Manifest } from './manifest.ts';
export {
  type InstallProgress,
  type InstallStage,
  type OnProgress,
  type ProgressStream,
  progressPrinter,
} from './progress.ts';
export { type RemovalResult, removeNative } from './remove.ts';
export { restartWithLargePages } from './restart.ts';
export type { SelfTestResult } from './self-test.ts';
export { type Installation, type NativeStatus, nativeStatus, type Requirement, type StatusOptions } from './status.ts';
export { DEFAULT_VERSION } from './wheels.ts';
