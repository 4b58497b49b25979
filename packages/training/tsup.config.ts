import { preset } from '@ssl-scene/tsup-config';

export default preset({ entry: ['src/index.ts', 'src/heat-map-worker.ts'] });
