// Starts the worker in a checkout, where nothing is built: tsx lets Node run TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
