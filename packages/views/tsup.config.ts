import { preset } from '@ssl-scene/tsup-config';

export default preset({ entry: ['src/index.ts', 'src/worker.ts', 'src/pack-worker.ts', 'src/resized-dataset.ts'] });
