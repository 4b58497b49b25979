import { preset } from '@ssl-scene/tsup-config';

export default preset();
