// Not `import`: vitest hands these to Node, where it would make `require` take the ES module of packages that have both
// (tfjs requires `long` without declaring it, and then finds no `fromString`).
const conditions = ['node'];
// By default tests read the sources of every workspace package; SSL_SCENE_TEST=dist runs the same tests on the build.
if (process.env.SSL_SCENE_TEST !== 'dist') conditions.unshift('@ssl-scene/source');

const slow = process.env.SSL_SCENE_SLOW === '1';

/**
 * The vitest configuration of every package. Files named `*.slow.test.ts` run only under `pnpm test:slow`.
 * Packages that load the native backend pass `pool: 'forks'`: its binding holds global state, one per process.
 */
export const preset = (overrides = {}) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    environment: 'node',
    pool: 'threads',
    isolate: false,
    include: slow ? ['test/**/*.slow.test.ts'] : ['test/**/*.test.ts'],
    exclude: slow ? [] : ['test/**/*.slow.test.ts'],
    passWithNoTests: true,
    testTimeout: 60_000,
    ...overrides,
  },
});
