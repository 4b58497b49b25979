// Checks of the repository as a whole: `npm run check:repo`. Each takes the repository's root and returns what is wrong,
// one line per problem.
import { fileURLToPath } from 'node:url';
import { checkContents } from './contents.mjs';
import { checkLayering } from './layering.mjs';
import { checkPlatformPackages } from './lockfile.mjs';
import { checkManifests } from './manifests.mjs';
import { checkPackageFiles } from './package-files.mjs';

const CHECKS = {
  'the import graph is the declared one': checkLayering,
  'platform packages are in the lockfile': checkPlatformPackages,
  'no registry hosts, no paths of a machine': checkContents,
  'every package has its documents': checkPackageFiles,
  'manifests are publishable': checkManifests,
};

const root = fileURLToPath(new URL('../..', import.meta.url));
for (const [title, check] of Object.entries(CHECKS)) {
  const problems = check(root);
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${title}`);
  for (const problem of problems) console.log(`     ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
