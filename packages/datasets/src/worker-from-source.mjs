// Starts a thread of this package in a checkout, where modules are TypeScript: its name comes as the argument.
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
