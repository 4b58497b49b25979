/** What each root script runs once everything is in place; paths are relative to the repository. */
export const COMMANDS = {
  setup: { program: 'tools/bootstrap/ready.mjs', args: [], env: {} },
  test: { program: 'node_modules/vitest/vitest.mjs', args: ['run'], env: {} },
  'test:slow': { program: 'node_modules/vitest/vitest.mjs', args: ['run'], env: { SSL_SCENE_SLOW: '1' } },
  'test:dist': { program: 'node_modules/vitest/vitest.mjs', args: ['run'], env: { SSL_SCENE_TEST: 'dist' } },
  demo: { program: 'packages/ssl-scene/dist/cli.js', args: ['demo'], env: {} },
  'ssl-scene': { program: 'packages/ssl-scene/dist/cli.js', args: [], env: {} },
  bench: { program: 'tools/bench/run.mjs', args: [], env: {} },
};

// Subcommands that compute nothing, or that are about the native library itself.
const WITHOUT_BACKEND = ['native', 'doctor', 'presets', 'report', 'data', 'pack', 'help'];

/** Whether a command is served by the native backend, so that it should be there before the command starts. */
export function needsNative(name, args, env = process.env) {
  if (env.SSL_SCENE_NATIVE === 'skip') return false;
  if (env.SSL_SCENE_BACKEND && !['native', 'auto'].includes(env.SSL_SCENE_BACKEND)) return false;
  if (args.includes('--help') || args.includes('-h') || args.includes('--version')) return false;
  if (name !== 'ssl-scene') return true;
  const subcommand = args.find((argument) => !argument.startsWith('-'));
  return subcommand !== undefined && !WITHOUT_BACKEND.includes(subcommand);
}
