// The root scripts (`npm test`, `npm run demo`, …): brings a bare clone to the point where the command can run, then runs
// it in this process. No dependencies: at the start there is no node_modules.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './build.mjs';
import { COMMANDS, needsNative } from './commands.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNative } from './native.mjs';
import { inRepository } from './repository.mjs';

const OLDEST_NODE = [20, 19];

async function main() {
  const [name, ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) fail(`unknown command ${name}; there are ${Object.keys(COMMANDS).join(', ')}`);
  requireNode();
  await ensureDependencies();
  if (needsNative(name, args)) await ensureNative();
  await ensureBuild();

  const program = inRepository(command.program);
  if (!existsSync(program)) fail(`${command.program} does not exist`);
  Object.assign(process.env, command.env);
  process.argv = [process.execPath, program, ...command.args, ...args];
  // In this process, so that exit codes, signals and the terminal are the program's own.
  await import(pathToFileURL(program).href);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

main().catch((error) => fail(error?.isBootstrapError ? error.message : (error?.stack ?? error)));
