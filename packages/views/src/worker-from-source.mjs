// Starts a thread's module, named by the first argument, in a checkout, where nothing is built: tsx lets Node run TypeScript.
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
