/** The build of every package: one ES module per entry, with source maps; TypeScript emits the declarations. */
export const preset = (overrides = {}) => ({
  entry: ['src/index.ts'],
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'node20',
  ...overrides,
});
