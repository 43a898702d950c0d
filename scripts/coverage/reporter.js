// A reporter of Jest, for COVERAGE=true npm test: adds up what of src/ the tests of units reach, as Istanbul counts it, and what
// the runs of the bundle reach, as V8 counts it. The run fails where that is too little.
import { glob, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import coverage from 'istanbul-lib-coverage';
import report from 'istanbul-lib-report';
import reports from 'istanbul-reports';
import { countRuns } from './bundle.js';
import { addCounts, findPoints } from './points.js';

/**
 * The least share of the lines, and that of the branches, in percent. No test reaches
 *
 * - what the type checker asks for and never happens: `parts[0] ?? ''`, which is most of it;
 * - a full disk in `download/part-file.ts`: its test has a quota, under which V8 cannot write what it counted;
 * - what depends on the moment: data that comes between two looks of a timer in `http/checked-tls.ts`, a name that
 *   somebody else takes between two calls in `download/part-file.ts`, a signal that comes before the first request;
 * - a Node.js without zstd in `http/body.ts`: the steps run on 24 alone;
 * - an error that is no cancellation where only that is thrown, and is passed on: `if (!signal.aborted) throw error`.
 */
const MINIMUM = 95;

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'coverage');
const runs = join(folder, 'runs');

/** @returns {import('@jest/reporters').Reporter} */
export default function createReporter() {
  /** @type {import('istanbul-lib-coverage').CoverageMapData[]} */
  const units = [];
  /** @type {Error | undefined} */
  let error;
  return {
    onRunStart: async () => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(runs, { recursive: true });
      // Read by __tests__/support/action.ts, in the workers that Jest starts after this.
      process.env.STEP_COVERAGE = runs;
    },
    onTestFileResult: (_, { coverage }) => {
      if (coverage) units.push(coverage);
    },
    onRunComplete: async () => {
      const coverageMap = await sumUp(units);
      const context = report.createContext({ dir: folder, coverageMap });
      reports.create('html').execute(context);
      reports.create('text', { skipFull: true }).execute(context);
      const { lines, branches } = coverageMap.getCoverageSummary();
      if (Math.min(lines.pct, branches.pct) < MINIMUM) {
        error = new Error(`the tests are to reach ${MINIMUM} % of the lines and of the branches`);
        console.error(error.message);
      }
    },
    getLastError: () => error,
  };
}

/** @param {readonly import('istanbul-lib-coverage').CoverageMapData[]} units */
async function sumUp(units) {
  const map = coverage.createCoverageMap();
  for await (const name of glob('src/**/*.ts', { cwd: root })) {
    const path = join(root, name);
    map.addFileCoverage(findPoints(await readFile(path, 'utf8'), path));
  }
  for (const counts of [await countRuns(runs), ...units]) {
    for (const [path, ofFile] of Object.entries(counts)) {
      addCounts(map.fileCoverageFor(path).data, ofFile);
    }
  }
  for (const path of map.files()) leaveOutDefaults(map.fileCoverageFor(path).data);
  return map;
}

/**
 * V8 does not tell whether the default value of a parameter was used.
 *
 * @param {import('./points.js').FileCoverage} file
 */
function leaveOutDefaults({ branchMap, b }) {
  for (const [index, { type }] of Object.entries(branchMap)) {
    if (type !== 'default-arg') continue;
    Reflect.deleteProperty(branchMap, index);
    Reflect.deleteProperty(b, index);
  }
}
