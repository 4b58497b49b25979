import { preset } from '@ssl-scene/tsup-config';

// The decoder's child process is a program of its own.
export default preset({ entry: ['src/index.ts', 'src/decoder-process.ts'] });
