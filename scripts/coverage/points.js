import { createInstrumenter } from 'istanbul-lib-instrument';

/**
 * @typedef {import('istanbul-lib-coverage').FileCoverageData} FileCoverage the statements, functions and branches of a
 *   file, and how often each was reached
 * @typedef {Pick<FileCoverage, 's' | 'f' | 'b'>} Counts
 */

/**
 * Finds what there is to be covered in a text of JavaScript or TypeScript. All counts are 0.
 *
 * @param {string} code
 * @param {string} path
 * @returns {FileCoverage}
 */
export function findPoints(code, path) {
  const instrumenter = createInstrumenter({ esModules: true, parserPlugins: ['typescript'] });
  instrumenter.instrumentSync(code, path);
  return instrumenter.lastFileCoverage();
}

/**
 * Adds to a file of `src` what was counted in something that was made of it. Neither the compiler nor the bundler
 * adds, drops or moves what Istanbul counts: the same part has the same number, and no source map is needed.
 *
 * @param {FileCoverage} file
 * @param {Counts} counts
 */
export function addCounts(file, counts) {
  /** @type {(to: Record<number, number>, from: Record<number, number>) => void} */
  const add = (to, from) => {
    if (Object.keys(to).length !== Object.keys(from).length) {
      throw new Error(`${file.path} is not what ran: run npm run build`);
    }
    for (const [index, count] of Object.entries(from)) {
      to[Number(index)] = count + (to[Number(index)] ?? 0);
    }
  };
  add(file.s, counts.s);
  add(file.f, counts.f);
  for (const index of Object.keys({ ...file.b, ...counts.b })) {
    add(file.b[index] ?? [], counts.b[index] ?? []);
  }
}
