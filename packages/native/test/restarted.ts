import { readFileSync } from 'node:fs';
import { restartWithLargePages } from '@ssl-scene/native';

// Says, as JSON, why it was not started again, and what it was given.
const reason = restartWithLargePages();
const tunables = process.env.GLIBC_TUNABLES ?? null;
const input = readFileSync(0, 'utf8');
console.log(JSON.stringify({ pid: process.pid, reason, tunables, args: process.argv.slice(2), input }));
process.exitCode = 3;
