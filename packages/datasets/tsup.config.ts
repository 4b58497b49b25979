import { preset } from '@ssl-scene/tsup-config';

// The decoder's child process is a program of its own, and so is the thread that reads Parquet files.
export default preset({ entry: ['src/index.ts', 'src/decoder-process.ts', 'src/parquet-worker.ts'] });
