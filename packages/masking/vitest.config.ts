import { preset } from '@ssl-scene/vitest-config';

export default preset({ pool: 'forks' });
