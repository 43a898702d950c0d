// Mutation testing, by hand: `npm run mutants`, or `npm run mutants -- wait text` for some folders. A mutant is a
// small change of the source; one that no test notices survives and is shown. docs/mutants.md has the scores, and
// says of each survivor why it stays.
import { Stryker } from '@stryker-mutator/core';

/** The layers that judge and decide, and their files. What moves bytes is tested as a process. */
const FOLDERS = {
  domain: 'src/domain/*.ts',
  text: 'src/text/*.ts',
  wait: 'src/wait/*.ts',
  providers: 'src/providers/**/*.ts',
  session: 'src/session/**/*.ts',
  download:
    'src/download/{destination,file-name,link,report-content,report-response,report-state,unpack}.ts',
};

const wanted = process.argv.slice(2);
for (const [folder, files] of Object.entries(FOLDERS)) {
  if (wanted.length > 0 && !wanted.includes(folder)) continue;
  await new Stryker({
    mutate: [files],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: {
      config: {
        // Only the tests of the folder itself: a layer must not need others to be tested, and jest loads every
        // test file that reaches a mutant, whether it runs one of its tests or none.
        testMatch: [`<rootDir>/__tests__/unit/${folder}/**/*.test.ts`],
        // What takes seconds, and would take them for each mutant.
        testPathIgnorePatterns: ['[./](model|properties|slow|speed)\\.test\\.ts$'],
      },
    },
    // Each mutant meets the tests that reach it, and no others.
    coverageAnalysis: 'perTest',
    // A busy machine must not pass for an endless loop.
    timeoutMS: 20_000,
    concurrency: 2,
    // Jest keeps some megabytes of each run whose tests are ES modules.
    maxTestRunnerReuse: 60,
    // Only what has changed since the last run is tried again.
    incremental: true,
    incrementalFile: `.stryker-tmp/${folder}.json`,
    reporters: ['clear-text', 'progress'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    allowConsoleColors: false,
    // A run that fails leaves no copy of the repository behind.
    cleanTempDir: 'always',
  }).runMutationTest();
}
