import { preset } from '@ssl-scene/tsup-config';

export default preset({
  // Bundling turns a module's constants into variables, which engines do not fold; this folds them in the build itself,
  // which makes the generator 1.7 times as fast.
  esbuildOptions(options: { minifySyntax?: boolean }) {
    options.minifySyntax = true;
  },
});
