import { preset } from '@ssl-scene/tsup-config';

export default preset({ entry: ['src/index.ts', 'src/network-free-heat-maps.ts'] });
