import { isNativeSound } from './native.mjs';

process.stderr.write(`packages installed and built; native backend ${isNativeSound() ? 'ready' : 'absent'}\n`);
