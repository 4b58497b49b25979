import { preset } from '@ssl-scene/tsup-config';

// Child processes run programs of their own.
export default preset({ entry: ['src/index.ts', 'src/decoder-process.ts', 'src/parquet-process.ts'] });
